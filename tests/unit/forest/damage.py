"""Damages a written forest many times over; each time `read` refuses it or the model answers.

Arguments: the forest's directory, a copy to damage, a seed. Prints how often it was refused and served.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from container.errors import ArtifactError
from container.forest.layout import read
from container.forest.model import ForestModel, RowsRejected

WORDS = [0, 1, 2**31, 2**32 - 1, 0x007FFFFF, 0x00800000, 0x7FC00000, 0xFF800000]


def damage(data: bytearray, random: np.random.Generator) -> None:
    """Flip a bit, rewrite a word, or cut or lengthen the file."""
    match random.choice(["bit", "bit", "word", "word", "cut", "grow"]):
        case "bit":
            data[random.integers(len(data))] ^= 1 << int(random.integers(8))
        case "word":
            at = int(random.integers(len(data) // 4)) * 4
            data[at : at + 4] = int(random.choice(WORDS)).to_bytes(4, "little")
        case "cut":
            del data[random.integers(len(data)) :]
        case "grow":
            data += bytes(8)


def main(whole: Path, copy: Path, seed: int) -> None:
    """Damage, read, ask."""
    random = np.random.default_rng(seed)
    rows = random.standard_normal((600, 5))
    rows[::7, 2] = np.nan
    files = sorted(path.name for path in whole.iterdir())
    refused = served = 0
    for _ in range(300):
        name = random.choice([*files, "nodes.bin", "nodes.bin"])
        data = bytearray((whole / name).read_bytes())
        damage(data, random)
        (copy / name).write_bytes(data)
        try:
            forest = read(copy)
        except ArtifactError:
            refused += 1
        else:
            served += 1
            for kernel in ("native", "numpy"):
                try:
                    model = ForestModel(forest, kernel=kernel)
                    model.predict(rows[:1, : model.n_features])
                    model.predict(rows[:, : model.n_features])
                except (RowsRejected, KeyError):
                    pass  # a damaged scaler overflows; no native kernel was built
                except ValueError as error:
                    assert "instead of (n," in str(error), error
        (copy / name).write_bytes((whole / name).read_bytes())
    print(refused, served)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
