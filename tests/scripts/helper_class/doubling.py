"""An estimator of the user's own."""

from sklearn.base import BaseEstimator, RegressorMixin

NAME = "doubling"


class Doubling(RegressorMixin, BaseEstimator):
    def fit(self, rows, target):
        self.n_features_in_ = rows.shape[1]
        return self

    def predict(self, rows):
        return rows[:, 0] * 2
