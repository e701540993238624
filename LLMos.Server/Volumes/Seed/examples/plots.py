"""Two plots side by side."""

import matplotlib.pyplot as plt
import numpy as np

x = np.linspace(0, 4 * np.pi, 600)
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4))

for phase in (0, 0.6, 1.2):
    left.plot(x, np.sin(x + phase) * np.exp(-x / 8), label=f"phase {phase}")
left.set_title("Damped waves")
left.legend()

samples = np.random.default_rng(7).normal(size=5_000)
right.hist(samples, bins=50, edgecolor="white")
right.set_title("5,000 normal samples")

plt.tight_layout()
plt.show()
