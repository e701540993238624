"""A loop that reports how far it is."""

import llmos

total = 0
for number in llmos.progress(range(200_000), label="Squares"):
    total += number * number
print(f"Sum of squares: {total:,}")
