"""Makes dlcli/data/shipped/digits.npz from scikit-learn's copy of the UCI digits; the same bytes every time.

    pip install scikit-learn
    python tools/ship_digits.py
"""

import io
import zipfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

TARGET = Path(__file__).resolve().parents[1] / "dlcli" / "data" / "shipped" / "digits.npz"
COUNTS = 16  # a pixel is the number of inked ones among 4 x 4: 0 to 16


def main() -> None:
    digits = load_digits()
    x = np.round(digits.images * (255 / COUNTS)).astype(np.uint8)
    y = digits.target.astype(np.uint8)
    with zipfile.ZipFile(TARGET, "w") as archive:
        for name, array in (("x", x), ("y", y)):
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1998, 7, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3
            content = io.BytesIO()
            np.lib.format.write_array(content, array, version=(1, 0), allow_pickle=False)
            archive.writestr(member, content.getvalue(), compresslevel=9)
    print(f"{TARGET}: x {x.shape} {x.dtype}, y {y.shape} {y.dtype}, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
