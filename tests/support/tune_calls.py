"""A script that needs more than 1024 MB, and a thousand calls."""

HEAVY = """
ballast = bytearray(1100 << 20)
ballast[::4096] = b"x" * (len(ballast) // 4096)

def predict_fn(rows, model):
    return model.predict(rows)
"""
"""All of it is in use."""

CALLS = """
import sys
from pathlib import Path
import boto3
runtime, body = boto3.client("sagemaker-runtime"), Path(sys.argv[2]).read_bytes()
answers = [
    runtime.invoke_endpoint(EndpointName=sys.argv[1], ContentType="text/csv", Body=body)["Body"].read()
    for _ in range(1000)
]
assert len(set(answers)) == 1, set(answers)
print(len(answers), "answers")
"""
"""Given an endpoint and a file, all of them have to have the same answer."""
