"""Endpoint.invoke of SageMaker's SDK v3 with bodies and serializers, and the SDK's local client: PORT → answers (JSON).

AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME leads Endpoint.invoke to the container; the local client posts to PORT by itself.
"""

import io
import json
import sys

import numpy as np
import pandas as pd
from sagemaker.core.deserializers import (
    BytesDeserializer,
    CSVDeserializer,
    JSONDeserializer,
    JSONLinesDeserializer,
    NumpyDeserializer,
    PandasDeserializer,
    StringDeserializer,
)
from sagemaker.core.local.local_session import LocalSagemakerRuntimeClient
from sagemaker.core.resources import Endpoint
from sagemaker.core.serializers import (
    CSVSerializer,
    IdentitySerializer,
    JSONLinesSerializer,
    JSONSerializer,
    NumpySerializer,
)

port = int(sys.argv[1])
rows = [[1.0, 0.5], [4.0, 0.3]]
as_csv = "1.0,0.5\n4.0,0.3\n"
npy = io.BytesIO()
np.save(npy, np.array(rows))


def plain(answer):
    """As JSON can have it."""
    if isinstance(answer, bytes):
        return np.load(io.BytesIO(answer)).tolist() if answer.startswith(b"\x93NUMPY") else answer.decode()
    if isinstance(answer, pd.DataFrame):
        return [answer.columns.tolist(), *answer.to_numpy().tolist()]
    return answer.tolist() if hasattr(answer, "tolist") else answer


def ask(body, **headers):
    """The type and text of the answer to a body that is bytes or text already."""
    answer = Endpoint(endpoint_name="local").invoke(body=body, **headers)
    return [answer.content_type, answer.body.read().decode()]


def convert(body, serializer, deserializer):
    """What comes of an object by the SDK's own converters; their types are the caller's to say, in v3."""
    endpoint = Endpoint(endpoint_name="local", serializer=serializer, deserializer=deserializer)
    accept = deserializer.ACCEPT if isinstance(deserializer.ACCEPT, str) else ", ".join(deserializer.ACCEPT)
    return plain(endpoint.invoke(body=body, content_type=serializer.CONTENT_TYPE, accept=accept).body)


def read_npy(body, content_type):
    answer = Endpoint(endpoint_name="local").invoke(body=body, content_type=content_type, accept="application/x-npy")
    return [answer.content_type, np.load(io.BytesIO(answer.body.read())).tolist()]


local = LocalSagemakerRuntimeClient({"local": {"serving_port": port}})
clients = {
    "body, csv": lambda: ask(as_csv, content_type="text/csv"),
    "body, csv with a header": lambda: ask(
        "b,a\n0.5,1.0\n0.3,4.0\n", content_type="text/csv", accept="application/json"
    ),
    "body, json": lambda: ask(json.dumps(rows), content_type="application/json"),
    "body, npy": lambda: read_npy(npy.getvalue(), "application/x-npy"),
    "body, no types": lambda: ask(as_csv.encode()),
    "body, octet-stream": lambda: ask(
        npy.getvalue(), content_type="application/octet-stream", accept="application/json"
    ),
    "csv": lambda: convert(rows, CSVSerializer(), CSVDeserializer()),
    "csv to pandas": lambda: convert(rows, CSVSerializer(), PandasDeserializer()),
    "json to pandas": lambda: convert(rows, JSONSerializer(), PandasDeserializer(accept="application/json")),
    "json": lambda: convert({"instances": rows}, JSONSerializer(), JSONDeserializer()),
    "numpy": lambda: convert(np.array(rows), NumpySerializer(), NumpyDeserializer()),
    "json lines": lambda: convert(rows, JSONLinesSerializer(), JSONLinesDeserializer()),
    "json to a text": lambda: convert(rows, JSONSerializer(), StringDeserializer()),
    "bytes both ways": lambda: convert(as_csv.encode(), IdentitySerializer("text/csv"), BytesDeserializer()),
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
