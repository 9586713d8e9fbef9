"""SageMaker's facts, in one leaf: routes, paths, limits, header and media-type names.

Nothing here decides anything. Sources are AWS's documentation and the botocore service model.
"""

from __future__ import annotations

from typing import Final

PORT: Final = 8080
PING_PATH: Final = "/ping"
INVOCATIONS_PATH: Final = "/invocations"
EXECUTION_PARAMETERS_PATH: Final = "/execution-parameters"

BASE_DIR: Final = "/opt/ml"

MEBIBYTE: Final = 1024 * 1024
MAX_PAYLOAD_MB: Final = 6
"""InvokeEndpoint's body limit on a real-time endpoint and batch transform's default (serverless: 4)."""

INVOCATION_TIMEOUT_SECONDS: Final = 60
STOP_GRACE_SECONDS: Final = 30
"""SIGKILL follows SIGTERM after this long."""

FAILURE_REASON_CHARS: Final = 1024
"""How much of /opt/ml/output/failure becomes DescribeTrainingJob's FailureReason."""

INFERENCE_ID_HEADER: Final = "X-Amzn-SageMaker-Inference-Id"
INFERENCE_ID_CHARS: Final = 64

CSV: Final = "text/csv"
JSON: Final = "application/json"
JSONLINES: Final = "application/jsonlines"
NPY: Final = "application/x-npy"
PARQUET: Final = "application/x-parquet"
OCTET_STREAM: Final = "application/octet-stream"
FORM_TYPES: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
"""What HTTP clients send when nobody set a Content-Type: never rows."""

INFERENCE_OUTPUTS: Final = ("predicted_label", "probability", "probabilities", "labels")
"""What SAGEMAKER_INFERENCE_OUTPUT may ask of a classifier (as in SageMaker Autopilot and XGBoost)."""

BATCH_STRATEGIES: Final = ("MULTI_RECORD", "SINGLE_RECORD")
