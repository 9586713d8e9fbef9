"""The native kernel's signatures; numpy_kernel says what each function does."""

from container.forest.types import Doubles, Keys, Longs, Nodes

def encode(values: Doubles, keys: Keys, /) -> int: ...
def add(
    nodes: Nodes,
    tree_starts: Longs,
    value_starts: Longs,
    values: Doubles,
    keys: Keys,
    mask: int,
    shift: int,
    out: Doubles,
    /,
) -> None: ...
def leaves(nodes: Nodes, keys: Keys, mask: int, shift: int, out: Keys, /) -> None: ...
def check(
    nodes: Nodes, tree_starts: Longs, value_starts: Longs, n_values: int, n_columns: int, shift: int, /
) -> int: ...
