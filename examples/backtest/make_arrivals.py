# SPDX-License-Identifier: Apache-2.0
"""Prints arrivals.csv: one hour, a row every 15 s.

    rate(t) = 20 + 60 sin²(πt / 3600) + (40 if 1800 <= t < 2100) + 6 sin(2πt / 137)

A hump over the hour, a burst of five minutes at its top, and a ripple as noise that repeats.
"""

import math

print("second,arrivals_per_second")
for second in range(0, 3600, 15):
    hump = 60 * math.sin(math.pi * second / 3600) ** 2
    burst = 40 if 1800 <= second < 2100 else 0
    ripple = 6 * math.sin(2 * math.pi * second / 137)
    print(f"{second},{20 + hump + burst + ripple:.1f}")
