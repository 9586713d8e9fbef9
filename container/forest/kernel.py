"""Which kernel walks the trees: the native one where it was built, NumPy's elsewhere."""

from __future__ import annotations

from typing import Literal, Protocol

from container.forest import numpy_kernel
from container.forest.numpy_kernel import FIRST_SPLIT
from container.forest.types import Doubles, Keys, Longs, Nodes

__all__ = ["BEST", "FIRST_SPLIT", "NOTE", "Kernel", "Name", "kernel"]

Name = Literal["native", "numpy"]


class Kernel(Protocol):
    """What both kernels are; numpy_kernel documents each function."""

    def encode(self, values: Doubles, keys: Keys, /) -> int:
        """Floats to keys."""
        ...

    def add(
        self,
        nodes: Nodes,
        tree_starts: Longs,
        value_starts: Longs,
        values: Doubles,
        keys: Keys,
        mask: int,
        shift: int,
        out: Doubles,
        /,
    ) -> None:
        """Every tree's leaf for every row, added up."""
        ...

    def leaves(self, nodes: Nodes, keys: Keys, mask: int, shift: int, out: Keys, /) -> None:
        """Where each row arrives in the first tree."""
        ...

    def check(
        self,
        nodes: Nodes,
        tree_starts: Longs,
        value_starts: Longs,
        n_values: int,
        n_columns: int,
        shift: int,
        /,
    ) -> int:
        """The first unsound tree, or -1."""
        ...


_KERNELS: dict[Name, Kernel] = {"numpy": numpy_kernel}
NOTE = ""
"""Why the native kernel isn't here; empty where it is."""

try:
    import container.forest._kernel as native
except ImportError as error:
    NOTE = str(error)
else:
    _KERNELS["native"] = native

BEST: Name = "numpy" if NOTE else "native"


def kernel(name: Name = BEST) -> Kernel:
    """The kernel of that name; KeyError where the native one wasn't built."""
    return _KERNELS[name]
