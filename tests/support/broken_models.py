"""Artifacts that can't be served: a small one that is right, and what may have become of it on its way."""

from __future__ import annotations

import operator
import tarfile
import tempfile
from pathlib import Path

import joblib
import pandas as pd
from sklearn.linear_model import LinearRegression

from container.artifact import archive
from container.packing.pack import pack

ROWS = "a,b\n1,2\n3,5\n"
ANSWER = [3.0, 8.0]
"""Of `right`, to ROWS."""


class Ballast:
    """So many bytes of memory, once it is unpickled."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __reduce__(self):
        return operator.mul, (b"x", self._size)


def right(folder: Path, ballast: int = 0) -> Path:
    """A model.tar.gz, small whatever its ballast. It adds up two columns."""
    rows = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [0.5, 0.1, 0.9, 0.3]})
    model = LinearRegression().fit(rows, rows["a"] + rows["b"])
    if ballast:
        model.ballast_ = Ballast(ballast)
    folder.mkdir()
    joblib.dump(model, folder / "model.joblib")
    rows.to_csv(folder / "rows.csv", index=False)
    pack(folder / "model.joblib", folder / "model.tar.gz", folder / "rows.csv")
    return folder / "model.tar.gz"


def with_a_flipped_bit(packed: Path, destination: Path) -> Path:
    """The same archive but for one bit of its model file."""
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(packed) as tar:
            names = tar.getnames()
            tar.extractall(folder, filter="data")
        model = Path(folder) / "model.joblib"
        content = bytearray(model.read_bytes())
        content[len(content) // 2] ^= 1
        model.write_bytes(content)
        archive.write(Path(folder), names, destination)
    return destination


def broken_off(packed: Path, destination: Path) -> Path:
    """Its first half."""
    content = packed.read_bytes()
    destination.write_bytes(content[: len(content) // 2])
    return destination
