/** @typedef {{ title: string, about: string, code: string }} Example */

/** @type {Example[]} */
export const examples = [
  {
    title: "A million numbers, in chunks",
    about: "A loop that reports its progress",
    code: `import llmos

numbers = list(range(1_000_000))
chunk = 50_000
total = 0

for start in range(0, len(numbers), chunk):
    total += sum(n * n for n in numbers[start:start + chunk])
    llmos.progress(start + chunk, len(numbers), "Squares")

print(f"Sum of squares: {total:,}")
`,
  },
  {
    title: "Two plots side by side",
    about: "matplotlib, shown where it is drawn",
    code: `import numpy as np
import matplotlib.pyplot as plt

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
`,
  },
  {
    title: "A table from a DataFrame",
    about: "The last expression is the result",
    code: `import numpy as np
import pandas as pd

rng = np.random.default_rng(1)
sales = pd.DataFrame({
    "city": rng.choice(["Ghent", "Oslo", "Porto", "Turin"], 400),
    "units": rng.integers(1, 60, 400),
    "price": rng.uniform(4, 40, 400).round(2),
})
sales["revenue"] = sales.units * sales.price

sales.groupby("city").agg(
    orders=("units", "size"),
    units=("units", "sum"),
    revenue=("revenue", "sum"),
    mean_price=("price", "mean"),
).round(2).sort_values("revenue", ascending=False)
`,
  },
  {
    title: "Find the tones in a signal",
    about: "FFT and peaks, with numpy and scipy",
    code: `import numpy as np
from scipy import signal
import matplotlib.pyplot as plt

rate = 1_000_000
t = np.arange(rate) / rate
tones = {440: 1.0, 1_250: 0.6, 3_100: 0.3}
wave = sum(size * np.sin(2 * np.pi * hertz * t) for hertz, size in tones.items())
wave += np.random.default_rng(0).normal(scale=0.8, size=rate)

spectrum = np.abs(np.fft.rfft(wave)) * 2 / rate
peaks, _ = signal.find_peaks(spectrum, height=0.1)
print("Tones found:", ", ".join(f"{p} Hz" for p in peaks))

plt.figure(figsize=(10, 4))
plt.plot(spectrum[:4_000], linewidth=1)
plt.plot(peaks, spectrum[peaks], "o")
plt.xlabel("Hz")
plt.tight_layout()
plt.show()
`,
  },
]
