"""Estimators that take their time, importable by a server under test through PYTHONPATH."""

from __future__ import annotations

import time

import numpy as np
from sklearn.base import BaseEstimator


class SleepsForItsInput(BaseEstimator):
    """Sleeps as many seconds as the first column says, then answers it."""

    n_features_in_ = 1

    def predict(self, rows):
        time.sleep(float(np.max(rows)))
        return np.asarray(rows)[:, 0]


class BurnsTheProcessor(BaseEstimator):
    """Keeps a core and the interpreter lock busy for as many seconds as the first column says."""

    n_features_in_ = 1

    def predict(self, rows):
        end = time.monotonic() + float(np.max(rows))
        while time.monotonic() < end:
            sum(range(1000))
        return np.asarray(rows)[:, 0]


class LoadsSlowly(SleepsForItsInput):
    """Takes a while to unpickle."""

    def __setstate__(self, state):
        time.sleep(3)
        self.__dict__.update(state)

    def __getstate__(self):
        return {"loaded": True}


class Breaks(BaseEstimator):
    """Fails on every row, whatever it is."""

    n_features_in_ = 1

    def predict(self, rows):
        raise RuntimeError("the secret is in /etc/passwd")
