from __future__ import annotations

import io

import numpy as np
import pytest
from toy import schema

from container.codecs import npy
from container.codecs.rows import Answer
from container.errors import MalformedBody

TWO = schema("a", "b")


def saved(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


@pytest.mark.parametrize("dtype", ["<f8", ">f8", "f4", "f2", "i1", "<u8", ">i4", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_numeric_dtype_and_order(dtype, order):
    array = np.array([[1, 0], [0, 1], [1, 1]], dtype=dtype, order=order)
    assert npy.decode(saved(array), TWO).cells.tolist() == [[1, 0], [0, 1], [1, 1]]


def test_one_dimension_is_one_row_or_one_column():
    assert npy.decode(saved(np.array([1.0, 2.0])), TWO).cells.shape == (1, 2)
    assert npy.decode(saved(np.array([1.0, 2.0])), schema("a")).cells.shape == (2, 1)


def test_bytes_after_the_data_are_refused():
    with pytest.raises(MalformedBody, match="17 came"):
        npy.decode(saved(np.zeros((1, 2))) + b"x", TWO)


@pytest.mark.parametrize("array", [np.array([1.5, 2.5]), np.array([1, 2]), np.array(["a", "bc"]), np.array([True])])
def test_answers_round_trip(array):
    read = np.load(io.BytesIO(npy.encode(Answer((array,)))), allow_pickle=False)
    assert np.array_equal(read, array)


def test_labels_that_are_objects_become_text():
    read = np.load(io.BytesIO(npy.encode(Answer((np.array(["a", "b"], dtype=object),)))), allow_pickle=False)
    assert read.tolist() == ["a", "b"]
