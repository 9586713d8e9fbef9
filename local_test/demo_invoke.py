"""Calls an endpoint as any program would: demo_invoke.py ENDPOINT FILE.csv. AWS_ENDPOINT_URL leads boto3 here."""

import sys
import time
from pathlib import Path

import boto3

endpoint, file = sys.argv[1:]
runtime = boto3.client("sagemaker-runtime")
began = time.monotonic()
answer = runtime.invoke_endpoint(
    EndpointName=endpoint, ContentType="text/csv", Accept="application/json", Body=Path(file).read_bytes()
)
sys.stdout.write(f"{answer['Body'].read().decode()}  ({(time.monotonic() - began) * 1000:.0f} ms)\n")
