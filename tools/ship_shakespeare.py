"""Makes dlcli/data/shipped/shakespeare_excerpt.txt from tinyshakespeare: `python tools/ship_shakespeare.py FILE`."""

import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "dlcli" / "data" / "shipped" / "shakespeare_excerpt.txt"
LENGTH = 100_000


def main() -> None:
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    TARGET.write_text(text[:text.index("\n\n", LENGTH) + 1], encoding="utf-8")
    print(f"{TARGET}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
