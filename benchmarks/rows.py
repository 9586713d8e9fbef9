"""The rows that are asked, with the answers that are right: as CSV lines and floats, drawn without repetition."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Batch:
    """Rows of one request, and what the estimator's own predict answers them."""

    lines: Sequence[str]
    answers: Sequence[float]


@dataclass(frozen=True)
class Rows:
    """What prepare.py wrote: the first `test` rows were held out of the training."""

    lines: list[str]
    answers: list[float]
    test: int

    @classmethod
    def read(cls, folder: Path) -> Rows:
        """The rows beside a model."""
        found = json.loads((folder / "rows.json").read_text())
        return cls(found["lines"], found["answers"], found["test"])

    def batches(self, size: int, seed: int) -> Iterator[Batch]:
        """Endless batches of `size` distinct rows: held-out ones where there are enough of them, else of all.

        A row comes again only after all the others have come; then they are shuffled anew.
        """
        pool = list(range(self.test if size <= self.test else len(self.lines)))
        shuffle = random.Random(seed).shuffle
        while True:
            shuffle(pool)
            for start in range(0, len(pool) - size + 1, size):
                chosen = pool[start : start + size]
                yield Batch([self.lines[index] for index in chosen], [self.answers[index] for index in chosen])
