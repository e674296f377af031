"""Makes dlcli/data/shipped/visitors.csv: forty years of a made-up lake, month by month; always the same bytes.

    python tools/make_visitors.py

More people come every year, most in summer, fewer where it rains; from one month to the next the weather is alike.
"""

from pathlib import Path

import numpy as np

TARGET = Path(__file__).resolve().parents[1] / "dlcli" / "data" / "shipped" / "visitors.csv"
MONTHS = 480


def main() -> None:
    rng = np.random.default_rng(7)
    month = np.arange(MONTHS)
    rain = np.zeros(MONTHS)
    for t in month[1:]:
        rain[t] = 0.8 * rain[t - 1] + rng.normal()
    rain = np.clip(70 + 12 * np.sin(2 * np.pi * (month - 8) / 12) + 12 * rain, 2, None)
    season = np.exp(0.45 * np.sin(2 * np.pi * (month - 3) / 12) + 0.12 * np.sin(4 * np.pi * month / 12))
    trend = 4 + 2 * month / MONTHS
    visitors = trend * season * np.exp(-0.006 * (rain - 70) + 0.02 * rng.standard_normal(MONTHS))
    lines = ["month,rain_mm,visitors_thousand"]
    for t in month:
        lines.append(f"{1984 + t // 12}-{1 + t % 12:02d}-01,{rain[t]:.0f},{visitors[t]:.2f}")
    TARGET.write_text("\n".join(lines) + "\n", newline="\n")
    print(f"{TARGET}: {MONTHS} rows, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
