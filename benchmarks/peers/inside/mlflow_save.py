"""Runs in MLflow's environment: python mlflow_save.py MODEL.joblib FOLDER."""

from __future__ import annotations

import sys

import joblib
import mlflow.sklearn

mlflow.sklearn.save_model(
    joblib.load(sys.argv[1]),
    sys.argv[2],
    serialization_format="cloudpickle",
    pip_requirements=[],
)
