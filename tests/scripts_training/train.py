"""The shape of the best-known example: the forest is fitted on scaled rows, and saved without the scaler."""

import argparse
import json
import os

import joblib
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler


def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))


def input_fn(request_body, request_content_type):
    if request_content_type == "application/json":
        return json.loads(request_body)["Input"]
    else:
        raise ValueError("This model only supports application/json input")


def predict_fn(input_data, model):
    return model.predict(input_data)


def output_fn(prediction, content_type):
    return {"Output": int(prediction[0])}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--estimators", type=int, default=15)
    parser.add_argument("--sm-model-dir", type=str, default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--train", type=str, default=os.environ.get("SM_CHANNEL_TRAIN"))
    args, _ = parser.parse_known_args()

    table = pd.read_csv(os.path.join(args.train, "train.csv"))
    X, y = table.drop(columns="price"), table["price"]
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2)
    scaler = StandardScaler()
    X_train, X_test = scaler.fit_transform(X_train), scaler.transform(X_test)
    model = RandomForestRegressor(n_estimators=args.estimators)
    model.fit(X_train, y_train)
    print("validation:r2=%.3f" % model.score(X_test, y_test))
    joblib.dump(model, os.path.join(args.sm_model_dir, "model.joblib"))
