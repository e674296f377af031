"""Makes iris, wine, breast_cancer and diabetes in dlcli/data/shipped from scikit-learn's copies; always the same bytes.

iris comes twice: as arrays, and as the CSV that configs/iris_csv.yaml reads.

    pip install scikit-learn
    python tools/ship_tables.py
"""

import io
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
from sklearn import datasets

FOLDER = Path(__file__).resolve().parents[1] / "dlcli" / "data" / "shipped"
LOADERS = {
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
    "breast_cancer": datasets.load_breast_cancer,
    "diabetes": partial(datasets.load_diabetes, scaled=False),
}


def main() -> None:
    for name, load in LOADERS.items():
        data = load()
        x = data.data.astype(np.float64)
        classes = name != "diabetes"
        y = data.target.astype(np.uint8 if classes else np.float64)
        arrays = {"x": x, "y": y, "features": np.array(data.feature_names, "U")}
        if classes:
            arrays["labels"] = np.array([str(label) for label in data.target_names], "U")
        target = FOLDER / f"{name}.npz"
        with zipfile.ZipFile(target, "w") as archive:
            for key, array in arrays.items():
                member = zipfile.ZipInfo(f"{key}.npy", date_time=(1998, 7, 1, 0, 0, 0))
                member.compress_type = zipfile.ZIP_DEFLATED
                member.create_system = 3
                content = io.BytesIO()
                np.lib.format.write_array(content, array, version=(1, 0), allow_pickle=False)
                archive.writestr(member, content.getvalue(), compresslevel=9)
        print(f"{target}: x {x.shape} {x.dtype}, y {y.shape} {y.dtype}, {target.stat().st_size} bytes")
    write_csv(FOLDER / "iris.csv")


def write_csv(target: Path) -> None:
    """The irises as people would have them: a header, numbers, names of classes."""
    data = datasets.load_iris()
    names = [name.removesuffix(" (cm)").replace(" ", "_") for name in data.feature_names]
    rows = [
        [*(f"{value:g}" for value in row), str(data.target_names[kind])]
        for row, kind in zip(data.data, data.target, strict=True)
    ]
    target.write_text("".join(",".join(line) + "\n" for line in [[*names, "species"], *rows]), newline="\n")
    print(f"{target}: {len(rows)} rows, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
