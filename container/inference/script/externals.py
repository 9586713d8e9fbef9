"""`from sklearn.externals import joblib`, as scripts of AWS's first scikit-learn containers begin: it is joblib itself.

Scikit-learn dropped the name in 0.23. It is offered only once somebody asks, as joblib isn't for every start; nor is
importlib.abc, which takes longer to import than most scripts.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Final

NAME: Final = "sklearn.externals.joblib"


class _Offer:
    """A finder and its loader. Asked last, when this scikit-learn has no such module."""

    def find_spec(self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name == NAME else None  # type: ignore[arg-type]

    def create_module(self, _spec: ModuleSpec) -> None:
        """Leave it to Python."""

    def exec_module(self, module: ModuleType) -> None:
        """Put joblib in the place of the module that was made for it."""
        import joblib

        sys.modules[module.__name__] = joblib


def offer() -> None:
    """Let it be imported in this process."""
    if not any(isinstance(finder, _Offer) for finder in sys.meta_path):
        sys.meta_path.append(_Offer())
