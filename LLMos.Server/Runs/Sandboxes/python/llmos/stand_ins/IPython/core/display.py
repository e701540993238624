"""The place that `IPython.display` had once."""

from IPython.display import *  # noqa: F403
from IPython.display import __all__ as __all__
