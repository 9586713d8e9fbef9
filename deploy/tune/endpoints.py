"""An endpoint of each size in one account and region, made as `deploy` makes them and taken away again."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from deploy.aws.invocation import Call, ContainerSaidNo, NotNow
from deploy.aws.runtime import Runtime
from deploy.aws.sagemaker import CHANGING, SageMaker
from deploy.aws.session import Session
from deploy.endpoint.names import VARIANT
from deploy.errors import Busy, EndpointFailed
from deploy.tune.target import Answered, DoesNotFit, Outcome

WAIT_SECONDS: Final = 3600
OUT_OF_MEMORY: Final = "insufficient memory"
"""What SageMaker says of a container that outgrew its size."""
_TOO_BIG: Final = ("memory", "outgrew")
"""In a FailureReason. Which words AWS itself has for it isn't known; the emulator's are these."""
_THROTTLED: Final = "ThrottlingException"


class Model(NamedTuple):
    """What every size serves: a container as CreateModel takes it."""

    image: str
    url: str
    role: str
    environment: Mapping[str, str] = {}

    def request(self, name: str) -> dict[str, Any]:
        """CreateModel's."""
        container = {"Image": self.image, "ModelDataUrl": self.url, "Environment": dict(self.environment)}
        return {"ModelName": name, "ExecutionRoleArn": self.role, "PrimaryContainer": container}


class Endpoints:
    """The endpoints of one tuning. Their names begin with `prefix`, and are no other's."""

    def __init__(
        self,
        session: Session,
        model: Model,
        prefix: str,
        max_concurrency: int,
        poll_seconds: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sagemaker = SageMaker(session)
        self._runtime = Runtime(session)
        self._model = model
        self._name = f"{prefix[:40].rstrip('-')}-tune-{secrets.token_hex(3)}"
        self._max_concurrency = max_concurrency
        self._poll_seconds = poll_seconds
        self._sleep = sleep
        self._configs: dict[int, list[str]] = {}
        self._made = False
        session.runtime  # noqa: B018 - a client is made once, before threads ask for it

    def name(self, memory_mb: int) -> str:
        """The endpoint of a size."""
        return f"{self._name}-{memory_mb}"

    def create(self, memory_mb: int) -> None:
        """Bring one up and wait for it. Raises DoesNotFit and EndpointFailed."""
        if not self._made:
            self._made = True
            self._sagemaker.create_model(self._model.request(self._name))
        self._sagemaker.create_endpoint(self.name(memory_mb), self._config(memory_mb), {})
        self._await(memory_mb)

    def renew(self, memory_mb: int) -> None:
        """Bring it up anew, behind the same name: its next call starts cold. Raises as `create`."""
        self._sagemaker.update_endpoint(self.name(memory_mb), self._config(memory_mb))
        self._await(memory_mb)

    def call(self, memory_mb: int, call: Call) -> tuple[Answered, str]:
        """Call it once; and the request's id, where it was answered."""
        began = time.perf_counter()
        try:
            reply = self._runtime.invoke(self.name(memory_mb), call)
        except ContainerSaidNo as no:
            outgrown = OUT_OF_MEMORY in no.said.lower()
            return Answered(Outcome.out_of_memory if outgrown else Outcome.failed, no.said.strip()[:300]), ""
        except NotNow as not_now:
            throttled = not_now.code == _THROTTLED
            return Answered(Outcome.throttled if throttled else Outcome.failed, not_now.reason), ""
        return Answered(Outcome.ok, "", 1000 * (time.perf_counter() - began), len(reply.body)), reply.request_id

    def delete(self, memory_mb: int) -> None:
        """Take one away; it needn't be there. One that is being brought up can't be deleted before it is."""
        name, end = self.name(memory_mb), time.monotonic() + WAIT_SECONDS
        while self._status(name) in CHANGING and time.monotonic() < end:
            self._sleep(self._poll_seconds)
        self._sagemaker.delete_endpoint(name)
        for config in self._configs.get(memory_mb, []):
            self._sagemaker.delete_config(config)
        self._configs.pop(memory_mb, None)
        if self._made and not self._configs:
            self._sagemaker.delete_model(self._name)
            self._made = False

    def left(self) -> tuple[str, ...]:
        """The endpoints that were made and not deleted."""
        return tuple(map(self.name, self._configs))

    def _status(self, name: str) -> str:
        return str((self._sagemaker.endpoint(name) or {"EndpointStatus": "gone"})["EndpointStatus"])

    def _config(self, memory_mb: int) -> str:
        before = self._configs.setdefault(memory_mb, [])
        name = f"{self._name}-{memory_mb}-{len(before)}"
        serverless = {"MemorySizeInMB": memory_mb, "MaxConcurrency": self._max_concurrency}
        variant = {"VariantName": VARIANT, "ModelName": self._name, "ServerlessConfig": serverless}
        before.append(name)
        self._sagemaker.create_config({"EndpointConfigName": name, "ProductionVariants": [variant]})
        return name

    def _await(self, memory_mb: int) -> None:
        name, end = self.name(memory_mb), time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end:
            found = self._sagemaker.endpoint(name) or {"EndpointStatus": "Creating"}
            status, reason = found["EndpointStatus"], str(found.get("FailureReason", "")).strip()
            if reason or status == "Failed":
                if any(word in reason.lower() for word in _TOO_BIG):
                    raise DoesNotFit(reason)
                raise EndpointFailed(f"{name} didn't come into service: {reason or status}")
            if status == "InService" and found.get("EndpointConfigName") == self._configs[memory_mb][-1]:
                return
            self._sleep(self._poll_seconds)
        raise Busy(f"{name} is still not in service after {WAIT_SECONDS // 60} minutes.")
