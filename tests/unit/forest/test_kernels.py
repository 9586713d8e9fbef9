"""The two kernels are one contract: keys that order as floats, leaves found alike, misfits refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from container.forest.kernel import BEST, FIRST_SPLIT, kernel
from container.forest.numpy_kernel import HAS_INFINITY, HAS_NAN, OVERFLOW
from container.forest.types import NODE

KERNELS = ["native", "numpy"] if BEST == "native" else ["numpy"]
ASCENDING = np.array([-3.4e38, -1.0, -1e-45, 0.0, 1e-45, 1.1754944e-38, 1.0, np.nextafter(np.float32(1), 2), 3.4e38])


def encode(name: Any, values: Any) -> tuple[list[int], int]:
    array = np.array(values, dtype=np.float64)
    keys = np.empty(array.shape, dtype=np.uint32)
    found = kernel(name).encode(array, keys)
    return keys.tolist(), found


@pytest.mark.parametrize("name", KERNELS)
def test_keys_order_as_the_floats_do(name: Any) -> None:
    keys, found = encode(name, ASCENDING)
    assert keys == sorted(set(keys))
    assert min(keys) > FIRST_SPLIT
    assert found == 0


@pytest.mark.parametrize("name", KERNELS)
def test_zeros_of_both_signs_are_equal(name: Any) -> None:
    (zero, negative, tiny), _ = encode(name, [0.0, -0.0, -1e-60])
    assert zero == negative == tiny


@pytest.mark.parametrize("name", KERNELS)
def test_infinities_and_nans_are_found(name: Any) -> None:
    assert encode(name, [np.inf, -np.inf]) == ([0xFF80_0000, FIRST_SPLIT], HAS_INFINITY)
    assert encode(name, [np.nan, -np.nan]) == ([0xFFFF_FFFF] * 2, HAS_NAN)
    assert encode(name, [OVERFLOW, np.nan])[1] == HAS_INFINITY | HAS_NAN
    assert encode(name, [np.nextafter(OVERFLOW, 0), -np.nextafter(OVERFLOW, 0)])[1] == 0


def test_any_bits_at_all_are_encoded_alike() -> None:
    values = np.random.default_rng(0).integers(0, 2**32, 50_000, dtype=np.uint32).view(np.float32)
    with np.errstate(invalid="ignore"):
        assert encode(BEST, values) == encode("numpy", values)


@pytest.mark.skipif(BEST == "numpy", reason="the native kernel isn't built")
def test_the_native_kernel_refuses_arrays_that_do_not_fit() -> None:
    native = kernel("native")
    nodes, starts, zero = np.array([(0, -16)], dtype=NODE), np.array([0, 1]), np.zeros(1, np.int64)
    values, keys, out = np.zeros((1, 1)), np.zeros((2, 8), np.uint32), np.zeros((2, 1))
    native.add(nodes, starts, zero, values, keys, 7, 4, out)
    for misfit in (
        lambda: native.add(nodes, starts[:1], zero, values, keys, 7, 4, out),
        lambda: native.add(nodes, starts, zero, values, keys, 7, 4, out[:1]),
        lambda: native.add(nodes, starts, zero, values, keys, 7, 32, out),
        lambda: native.add(nodes, starts, zero, values[0], keys, 7, 4, out),
        lambda: native.add(nodes, starts, zero, values, keys[0], 7, 4, out),
        lambda: native.leaves(nodes, keys, 7, 4, np.empty(3, np.uint32)),
        lambda: native.check(nodes[:0], starts, zero, 1, 8, 4),
        lambda: native.check(nodes, starts, zero, 1, 8, 0),
        lambda: native.encode(values, keys),
    ):
        with pytest.raises(ValueError, match="fit"):
            misfit()
    readonly = out.copy()
    readonly.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        native.add(nodes, starts, zero, values, keys, 7, 4, readonly)
