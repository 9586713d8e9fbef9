"""The operations of SageMaker's control plane, by name."""

from __future__ import annotations

from typing import Any

from local_test.emulator.aws import Aws
from local_test.emulator.batch.transforms import Transforms
from local_test.emulator.hosting.hosting import Hosting
from local_test.emulator.protocol import JsonService
from local_test.emulator.store import Store


def sagemaker(store: Store, hosting: Hosting, transforms: Transforms, aws: Aws) -> JsonService:
    """SageMaker."""
    return JsonService({}, _anything)


def scaling(store: Store, hosting: Hosting) -> JsonService:
    """Application Auto Scaling."""
    return JsonService({}, _anything)


def _anything(operation: str, members: dict[str, Any]) -> None:
    pass
