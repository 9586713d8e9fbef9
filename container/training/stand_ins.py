"""Scripts that serve as well as train import sagemaker_containers or sagemaker_inference at their top.

So these are offered to training scripts, too: where no real one is installed, and only once somebody asks, as the
module that makes them imports numpy.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Final

from container.inference.script import externals

PACKAGES: Final = ("sagemaker_containers", "sagemaker_inference")


class _Offer(MetaPathFinder, Loader):
    """Asked last, when nobody else has found the package."""

    def find_spec(self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name in PACKAGES else None

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        sys.meta_path.remove(self)  # or the stand-ins' own look for a real package would find this
        from container.inference.script import stand_ins

        stand_ins.register()
        return sys.modules[spec.name]

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: it is made whole."""


def offer() -> None:
    """Let the stand-ins be imported in this process."""
    sys.meta_path.append(_Offer())
    externals.offer()
