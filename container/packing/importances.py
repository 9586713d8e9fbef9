"""How much each column counts in a forest, for people to see. The compiled arrays don't keep what it is made of."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from container.forest.columns import origins
from container.forest.flatten_steps import flatten_steps, unnest

_DIGITS: Final = 6


def importances(estimator: Any, n_features: int) -> tuple[float, ...]:
    """Each feature's share, to six digits; empty where nothing says which shares are which features'.

    scikit-learn's `feature_importances_` (mean decrease in impurity) are those of the columns the trees see; what is
    known of the steps before them tells which feature each column was.
    """
    *transformers, predictor = list(unnest([estimator])) or [estimator]
    try:
        shares = np.asarray(predictor.feature_importances_, dtype=np.float64)
        of = origins(flatten_steps(transformers), n_features)
    except Exception:  # noqa: BLE001 - a user's estimator may raise anything, and it packs without them as well
        return ()
    if shares.shape != of.shape or not np.isfinite(shares).all():
        return ()
    return tuple(round(float(share), _DIGITS) for share in np.bincount(of, shares, n_features))
