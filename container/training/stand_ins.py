"""Training scripts import sagemaker_training, and those that serve as well sagemaker_containers or _inference.

So these are offered to training scripts: where no real one is installed, and only once somebody asks, as the
module that makes them imports numpy.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Final

from container.inference.script import externals

PACKAGES: Final = ("sagemaker_containers", "sagemaker_inference", "sagemaker_training")


class _Offer(MetaPathFinder, Loader):
    """Asked last, when nobody else has found the package."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def find_spec(self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name in PACKAGES else None

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        sys.meta_path.remove(self)  # or the stand-ins' own look for a real package would find this
        from container.inference.script import stand_ins

        stand_ins.register(self._environment)
        return sys.modules[spec.name]

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: it is made whole."""


def offer(environment: Mapping[str, str]) -> None:
    """Let the stand-ins be imported in this process, which has these variables."""
    sys.meta_path.append(_Offer(environment))
    externals.offer()
