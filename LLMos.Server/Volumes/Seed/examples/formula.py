"""A formula as the result."""

from sympy import Integral, exp, oo, symbols

x, a = symbols("x a", positive=True)
gauss = Integral(exp(-a * x**2), (x, -oo, oo))
print(gauss, "=", gauss.doit())
gauss.doit()
