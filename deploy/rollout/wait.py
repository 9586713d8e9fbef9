"""The steps that wait: until an endpoint is in service, until it is gone, and until it gives the right answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from container.artifact.manifest import Example, Manifest
from deploy.aws.sagemaker import CHANGING
from deploy.errors import Busy, EndpointFailed, ModelFailed
from deploy.rollout.current import DELETING, FAILED, IN_SERVICE
from deploy.rollout.hints import hint_for
from deploy.rollout.steps import AWAIT, Hands, Step, Update

WAIT_SECONDS: Final = 3600
"""As long as boto3's own waiter. A serverless endpoint takes minutes; more than ten have been seen."""
POLL_SECONDS: Final = 5.0
SETTLE_SECONDS: Final = 60
"""How long an update may go unnoticed by DescribeEndpoint."""


def await_service(endpoint: str, config: str | None = None, updating: bool = False) -> Step:
    """Until the endpoint serves `config` (None: whatever it serves). Raises EndpointFailed, Busy."""

    def apply(hands: Hands, update: Update) -> None:
        began = hands.clock()
        while True:
            found = hands.sagemaker.endpoint(endpoint) or {"EndpointStatus": "gone"}
            status = found["EndpointStatus"]
            waited = hands.clock() - began
            if status == IN_SERVICE and config in (None, found.get("EndpointConfigName")):
                return
            settled = waited > SETTLE_SECONDS or bool(found.get("FailureReason"))
            if status not in CHANGING and (status != IN_SERVICE or settled):
                raise _failed(endpoint, found, hands, updating)
            _go_on(endpoint, status, waited)
            update(status if status != IN_SERVICE else "asked for")
            hands.sleep(POLL_SECONDS)

    return Step(AWAIT, f"wait until {endpoint} is in service", apply)


def await_settled(endpoint: str) -> Step:
    """Until nobody is changing the endpoint, however that ends. Raises Busy."""

    def apply(hands: Hands, update: Update) -> str:
        began = hands.clock()
        while True:
            status = (hands.sagemaker.endpoint(endpoint) or {"EndpointStatus": "gone"})["EndpointStatus"]
            if status not in CHANGING:
                return str(status)
            _go_on(endpoint, status, hands.clock() - began)
            update(status)
            hands.sleep(POLL_SECONDS)

    return Step("await-settled", f"wait until nobody is changing {endpoint}", apply)


def _go_on(endpoint: str, status: str, waited: float) -> None:
    if waited > WAIT_SECONDS:
        raise Busy(
            f"{endpoint} is still {status} after {WAIT_SECONDS // 60} minutes.",
            f"See how it goes on: coppice status {endpoint}",
        )


def _failed(endpoint: str, found: Mapping[str, Any], hands: Hands, updating: bool) -> EndpointFailed:
    reason = str(found.get("FailureReason") or f"its status is {found['EndpointStatus']}").strip().rstrip(".")
    message = f"{endpoint} didn't come into service: {reason}."
    if updating and found["EndpointStatus"] == IN_SERVICE:
        message += f" The previous configuration, {found.get('EndpointConfigName')}, keeps serving."
    lines = hands.log_lines(endpoint)
    log = "\n".join(["the container's last lines:", *(f"  {line}" for line in lines)]) if lines else ""
    return EndpointFailed(message, "\n".join(part for part in (log, hint_for(reason, endpoint)) if part))


def await_gone(endpoint: str) -> Step:
    """Until the endpoint is deleted. Raises EndpointFailed, Busy."""

    def apply(hands: Hands, update: Update) -> None:
        began = hands.clock()
        while (found := hands.sagemaker.endpoint(endpoint)) is not None:
            status = found["EndpointStatus"]
            waited = hands.clock() - began
            if status == FAILED and waited > SETTLE_SECONDS:
                raise EndpointFailed(f"{endpoint} couldn't be deleted: {found.get('FailureReason', 'no reason')}.")
            _go_on(endpoint, status, waited)
            update(status if status == DELETING else "asked for")
            hands.sleep(POLL_SECONDS)

    return Step("await-gone", f"wait until {endpoint} is gone", apply)


def check_example(endpoint: str, manifest: Manifest, example: Example) -> Step:
    """Call the endpoint with the manifest's example rows and compare the answers. Raises ModelFailed."""

    def apply(hands: Hands, _: Update) -> str:
        media_type, body = hands.invoke(endpoint, json.dumps({"instances": _rows(manifest, example)}).encode())
        answered = _predictions(media_type, body)
        if answered is None:
            shown = body[:60].decode("utf-8", "replace")
            return f"not compared: it answered {media_type or 'something'} in a form of its own, {shown!r}"
        expected = json.loads(json.dumps(example.predictions))
        if answered != expected:
            raise ModelFailed(
                f"{endpoint} serves, but answers the example with {_short(answered)}; "
                f"the packed model said {_short(expected)}.",
                f"Return to what served before: coppice rollback {endpoint}",
            )
        return f"{_short(answered)}, as packed"

    return Step("check-example", f"ask {endpoint} for the example's answer", apply)


def _rows(manifest: Manifest, example: Example) -> list[Any]:
    names = manifest.schema.names if manifest.schema.named else None
    return [dict(zip(names, row, strict=True)) if names else list(row) for row in example.rows]


def _predictions(media_type: str, body: bytes) -> Any:
    """What our container answers to instances; None for an answer of another form (a script's own, say)."""
    if media_type.partition(";")[0].strip() != "application/json":
        return None
    try:
        document = json.loads(body)
    except ValueError:
        return None
    return document.get("predictions") if isinstance(document, dict) else None


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"
