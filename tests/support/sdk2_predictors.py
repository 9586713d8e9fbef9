"""Every serializer of SageMaker's SDK v2 that people use with scikit-learn, against a container at a local port.

Its LocalSession posts to localhost, as local mode does: PORT → a JSON object of the answers by client. The ContentType
of an answer is whatever was asked for there, so PandasDeserializer, which asks for two by itself, is given one: CSV,
for pandas can't close what urllib3 hands it for JSON.
"""

import io
import json
import sys

import boto3
import numpy as np
import pandas as pd
from sagemaker.deserializers import (
    BytesDeserializer,
    CSVDeserializer,
    JSONDeserializer,
    JSONLinesDeserializer,
    NumpyDeserializer,
    PandasDeserializer,
    StringDeserializer,
)
from sagemaker.local import LocalSession
from sagemaker.local.local_session import LocalSagemakerRuntimeClient
from sagemaker.predictor import Predictor
from sagemaker.serializers import (
    CSVSerializer,
    IdentitySerializer,
    JSONLinesSerializer,
    JSONSerializer,
    NumpySerializer,
)
from sagemaker.sklearn.model import SKLearnPredictor

port = int(sys.argv[1])
rows = [[1.0, 0.5], [4.0, 0.3]]
session = LocalSession(boto3.Session(region_name="eu-west-1"))
session.config = {"local": {"serving_port": port}}
session.sagemaker_runtime_client = LocalSagemakerRuntimeClient(session.config)


def ask(body, serializer=None, deserializer=None, **more):
    """A Predictor's answer, as JSON can have it."""
    chosen = {name: value for name, value in {"serializer": serializer, "deserializer": deserializer}.items() if value}
    answer = Predictor("local", sagemaker_session=session, **chosen).predict(body, **more)
    return plain(answer)


def plain(answer):
    if isinstance(answer, bytes):
        return np.load(io.BytesIO(answer)).tolist() if answer.startswith(b"\x93NUMPY") else answer.decode()
    if isinstance(answer, pd.DataFrame):
        return [answer.columns.tolist(), *answer.to_numpy().tolist()]
    return answer.tolist() if hasattr(answer, "tolist") else answer


npy = io.BytesIO()
np.save(npy, np.array(rows))
as_csv = "1.0,0.5\n4.0,0.3\n"
local = LocalSagemakerRuntimeClient(session.config)
clients = {
    "csv": lambda: ask(rows, CSVSerializer(), CSVDeserializer()),
    "csv of an array": lambda: ask(np.array(rows), CSVSerializer(), CSVDeserializer()),
    "csv to pandas": lambda: ask(rows, CSVSerializer(), PandasDeserializer(accept="text/csv")),
    "json": lambda: ask(rows, JSONSerializer(), JSONDeserializer()),
    "json in an envelope": lambda: ask({"instances": rows}, JSONSerializer(), JSONDeserializer()),
    "numpy": lambda: ask(np.array(rows), NumpySerializer(), NumpyDeserializer()),
    "json lines": lambda: ask(rows, JSONLinesSerializer(), JSONLinesDeserializer()),
    "json to csv": lambda: ask(rows, JSONSerializer(), CSVDeserializer()),
    "json to a text": lambda: ask(rows, JSONSerializer(), StringDeserializer()),
    "SKLearnPredictor": lambda: plain(SKLearnPredictor("local", sagemaker_session=session).predict(np.array(rows))),
    "plain, csv": lambda: ask(as_csv.encode()),
    "plain, json": lambda: ask(json.dumps(rows).encode()),
    "plain, npy": lambda: ask(npy.getvalue()),
    "plain, npy to csv": lambda: ask(
        npy.getvalue(), IdentitySerializer(), BytesDeserializer(), initial_args={"Accept": "text/csv"}
    ),
    "the local client": lambda: plain(
        local.invoke_endpoint(as_csv, "local", ContentType="text/csv", Accept="application/json")["Body"].read()
    ),
}
answers = {}
for name, client in clients.items():
    try:
        answers[name] = client()
    except Exception as error:  # noqa: BLE001 - one client's failure is one test's, not all of them
        answers[name] = f"{type(error).__name__}: {error}"
print("\nANSWERS " + json.dumps(answers))
