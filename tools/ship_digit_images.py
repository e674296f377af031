"""Makes dlcli/data/shipped/digit_images.zip: some of the digits that ship as PNG files, a folder a digit."""

import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from dlcli.core.dataset import DataEnv
from dlcli.data.datasets.digits import Digits

SHIPPED = Path(__file__).parents[1] / "dlcli" / "data" / "shipped"
EACH = {"train": 30, "test": 10}  # images of each digit


def main() -> None:
    """Writes the archive; always the same bytes."""
    env = DataEnv(data_dir=None, cache_dir=SHIPPED, offline=True, bases=(), seed=0, warn=print)
    digits = Digits().load(env)
    with zipfile.ZipFile(SHIPPED / "digit_images.zip", "w", zipfile.ZIP_STORED) as archive:
        for part, split in (("train", digits.train), ("test", digits.test)):
            x, y = split.x[split.rows], np.asarray(split.y[split.rows])
            for digit in range(10):
                for number, image in enumerate(x[y == digit][:EACH[part]]):
                    content = io.BytesIO()
                    Image.fromarray(image).save(content, "PNG", optimize=True)
                    name = f"digit_images/{part}/{digit}/{number:02}.png"
                    archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content.getvalue())


if __name__ == "__main__":
    main()
