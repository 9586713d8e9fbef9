"""The data that is trained on when nobody brings any, and the notice of it."""

from __future__ import annotations

from http.client import BadStatusLine
from types import SimpleNamespace
from typing import Any
from urllib.error import URLError

import pandas as pd
import pytest

from deploy import example_data

HOUSES = pd.DataFrame({"MedInc": [8.3, 7.2], "MedHouseVal": [4.5, 3.6]})


def test_california_housing_is_used_where_it_can_be_had() -> None:
    said: list[str] = []
    found = example_data.load(None, said.append, lambda: SimpleNamespace(frame=HOUSES))
    assert found.target.name == "MedHouseVal"
    assert said == ["data: California Housing, through scikit-learn"]


@pytest.mark.parametrize("error", [URLError("no route to host"), TimeoutError("timed out"), BadStatusLine("odd")])
def test_what_ships_with_scikit_learn_is_used_elsewhere_and_said(error: Exception) -> None:
    def download() -> Any:
        raise error

    said: list[str] = []
    found = example_data.load(None, said.append, download)
    assert (len(found), found.features.shape[1], found.named) == (442, 10, True)
    assert f"California Housing can't be downloaded ({error})" in said[0]
    assert "the diabetes data that scikit-learn ships" in said[1]


def test_another_target_can_be_chosen() -> None:
    assert example_data.load("0", lambda _: None, lambda: SimpleNamespace(frame=HOUSES)).target.name == "MedInc"
