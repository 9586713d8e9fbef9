"""The ARNs of SageMaker's resources."""

from __future__ import annotations

from local_test.emulator.limits import ACCOUNT
from local_test.emulator.store import Key


def arn(key: Key) -> str:
    """That of what lies there."""
    return f"arn:aws:sagemaker:{key.region}:{ACCOUNT}:{key.kind}/{key.name}"
