"""Only trains, and only calls joblib.dump: a whole Pipeline. It imports what AWS's container has, for serving."""

import os

import joblib
import pandas as pd
from sagemaker_containers.beta.framework import content_types, encoders, worker
from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

table = pd.read_csv(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "train.csv"))
model = make_pipeline(StandardScaler(), RandomForestRegressor(5, random_state=0))
joblib.dump(model.fit(table[["rooms", "age"]], table["price"]), os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
