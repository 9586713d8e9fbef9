"""Hyperparameters: SageMaker sends every value as a text; each is parsed, or refused with what would be allowed."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from container.errors import HyperparameterError

REGRESSION_CRITERIA: Final = ("squared_error", "absolute_error", "friedman_mse", "poisson")
CLASSIFICATION_CRITERIA: Final = ("gini", "entropy", "log_loss")


LARGEST: Final = 2**31 - 1
"""scikit-learn counts in 32 bits."""


@dataclass(frozen=True)
class Kind:
    """How one hyperparameter is read, and how to say what is allowed."""

    parse: Callable[[str], Any]
    allowed: str


def _whole(text: str) -> int:
    if not text.isascii() or "_" in text:  # Python takes 1_000 and ١٢; nobody means them
        raise ValueError(text)
    return int(text)


def _integer(low: int, none: bool = False, high: int = LARGEST) -> Kind:
    def parse(text: str) -> int | None:
        if none and text.lower() in ("none", "null"):
            return None
        if not low <= (value := _whole(text)) <= high:
            raise ValueError(text)
        return value

    return Kind(parse, f"a whole number from {low} to {high}" + (" or None" if none else ""))


def _real(low: float, high: float = math.inf, open_ends: bool = False) -> Kind:
    def parse(text: str) -> float:
        value = float(text)
        inside = low < value < high if open_ends else low <= value <= high
        if not inside or math.isinf(value):
            raise ValueError(text)
        return value

    if math.isinf(high):
        return Kind(parse, f"a number from {low:g} up")
    return Kind(
        parse,
        f"a number {'between' if open_ends else 'from'} {low:g} {'and' if open_ends else 'to'} {high:g}",
    )


def _count_or_share(low_count: int, words: tuple[str, ...] = (), none: bool = True) -> Kind:
    """scikit-learn's habit: a whole number counts, a number with a point is a share of all."""

    def parse(text: str) -> int | float | str | None:
        if text in words:
            return text
        if none and text.lower() in ("none", "null"):
            return None
        try:
            count = _whole(text)
        except ValueError:
            share = float(text)
            if not 0 < share <= 1:
                raise
            return share
        if not low_count <= count <= LARGEST:
            raise ValueError(text)
        return count

    parts = [f"a whole number from {low_count} up", "a share between 0 and 1 (such as 0.5)", *words]
    return Kind(parse, ", ".join(parts) + (" or None" if none else ""))


def _choice(*words: str, none: bool = False) -> Kind:
    by_name: dict[str, str | None] = {word.lower(): word for word in words}
    if none:
        by_name |= {"none": None, "null": None}
    return Kind(lambda text: by_name[text.lower()], ", ".join(words) + (" or None" if none else ""))


def _flag() -> Kind:
    return Kind(lambda text: {"true": True, "1": True, "false": False, "0": False}[text.lower()], "true or false")


def _jobs(text: str) -> int:
    if not -LARGEST <= (value := _whole(text)) <= LARGEST or value == 0:
        raise ValueError(text)
    return value


FOREST: Final[dict[str, Kind]] = {
    "n_estimators": _integer(1),
    "criterion": _choice(*REGRESSION_CRITERIA, *CLASSIFICATION_CRITERIA),
    "max_depth": _integer(1, none=True),
    "min_samples_split": _count_or_share(2, none=False),
    "min_samples_leaf": _count_or_share(1, none=False),
    "min_weight_fraction_leaf": _real(0, 0.5),
    "max_features": _count_or_share(1, ("sqrt", "log2")),
    "max_leaf_nodes": _integer(2, none=True),
    "min_impurity_decrease": _real(0),
    "bootstrap": _flag(),
    "oob_score": _flag(),
    "n_jobs": Kind(_jobs, "a whole number, not 0; -1 means all cores"),
    "random_state": _integer(0, high=2**32 - 1),
    "ccp_alpha": _real(0),
    "max_samples": _count_or_share(1),
    "class_weight": _choice("balanced", "balanced_subsample", none=True),
}
"""RandomForest's own."""

OURS: Final[dict[str, Kind]] = {
    "target": Kind(str, "a column's name, or its position from 0"),
    "task": _choice("auto", "regression", "classification"),
    "header": _choice("auto", "true", "false"),
    "validation_fraction": _real(0, 1, open_ends=True),
}
"""What the `train` program itself listens to."""

FOREIGN_PREFIXES: Final = ("sagemaker_", "_tuning_")
"""What SageMaker's SDK and tuning jobs put among the hyperparameters: not for us."""


@dataclass(frozen=True)
class Hyperparameters:
    """Parsed and checked. `forest` holds only what was given; random_state is always in it."""

    target: str | None = None
    task: str = "auto"
    header: str = "auto"
    validation_fraction: float = 0.2
    forest: Mapping[str, Any] = field(default_factory=lambda: {"random_state": 0})

    @property
    def random_state(self) -> int:
        """The seed of the split and of the forest: equal seed, equal model."""
        return int(self.forest["random_state"])

    @classmethod
    def parse(cls, texts: Mapping[str, Any]) -> Hyperparameters:
        """Parse a mapping of texts; raises HyperparameterError with the name, the value and what is allowed."""
        ours: dict[str, Any] = {}
        forest: dict[str, Any] = {"random_state": 0}
        for name, raw in texts.items():
            if name.startswith(FOREIGN_PREFIXES):
                continue
            if name in OURS:
                ours[name] = _parse(name, raw, OURS[name])
            elif name in FOREST:
                forest[name] = _parse(name, raw, FOREST[name])
            else:
                raise _unknown(name, raw)
        return cls(forest=forest, **ours)


def _parse(name: str, raw: Any, kind: Kind) -> Any:
    text = (raw if isinstance(raw, str) else json.dumps(raw)).strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':  # the SageMaker SDK sends texts as JSON
        text = text[1:-1]
    try:
        return kind.parse(text)
    except (ValueError, KeyError, OverflowError):
        raise HyperparameterError(f"The hyperparameter {name} is {text!r}; allowed is {kind.allowed}.") from None


def _unknown(name: str, value: Any) -> HyperparameterError:
    known = [*OURS, *FOREST]
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {close[0]}? " if close else ""
    return HyperparameterError(
        f"There is no hyperparameter {name} (its value came as {value!r}).",
        f"{hint}Allowed are {', '.join(known)}.",
    )
