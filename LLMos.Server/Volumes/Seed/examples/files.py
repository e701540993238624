"""A table and a plot in the volumes, read again."""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

folder = Path("user/example")
folder.mkdir(exist_ok=True)

table = pd.DataFrame({"day": range(1, 8), "degrees": [11.5, 12.0, 9.5, 14.0, 15.5, 13.0, 12.5]})
table.to_csv(folder / "degrees.csv", index=False)      # others see it when it is closed, whole

again = pd.read_csv("user/example/degrees.csv")
again.plot(x="day", y="degrees", marker="o")
plt.savefig(folder / "degrees.png")

limits = json.loads(Path("system/limits.json").read_text())
print(f"Python {limits['pythonVersion']}, {limits['limits']['heapMegabytes']} MiB of heap")

for path in sorted(folder.iterdir()):
    print(path, path.stat().st_size, "bytes")

again.describe()
