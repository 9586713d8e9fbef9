"""No script at all: only the class that the pickle needs."""

from sklearn.base import BaseEstimator, RegressorMixin


class Halving(RegressorMixin, BaseEstimator):
    def fit(self, rows, target):
        self.n_features_in_ = rows.shape[1]
        return self

    def predict(self, rows):
        return rows[:, 0] / 2
