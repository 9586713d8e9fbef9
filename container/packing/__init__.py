"""From a fitted estimator to an artifact that is known to answer as the estimator does."""
