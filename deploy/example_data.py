"""The data that is trained on when nobody brings any: California Housing, or what scikit-learn ships."""

from __future__ import annotations

import socket
import warnings
from collections.abc import Callable
from http.client import HTTPException
from typing import Any, Final

from sklearn.datasets import fetch_california_housing, load_diabetes

from container.training.data import Dataset, split_target

DOWNLOAD_SECONDS: Final = 20.0


def _download_california() -> Any:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(DOWNLOAD_SECONDS)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Retry downloading")
            return fetch_california_housing(as_frame=True, n_retries=1, delay=0.5)
    finally:
        socket.setdefaulttimeout(before)


def load(target: str | None, say: Callable[[str], None], download: Callable[[], Any] = _download_california) -> Dataset:
    """California Housing through scikit-learn (20,640 rows, downloaded once); where that can't be had, the diabetes
    data (442 rows, part of scikit-learn). Says which and why."""
    try:
        bunch: Any = download()
        say("data: California Housing, through scikit-learn")
    except (OSError, HTTPException) as error:
        bunch = load_diabetes(as_frame=True, scaled=False)
        say(f"data: California Housing can't be downloaded ({error}),")
        say("      so this is the diabetes data that scikit-learn ships; --data brings your own")
    return split_target(bunch.frame, named=True, target=target)
