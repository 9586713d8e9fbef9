"""`coppice invoke`: a payload to an endpoint, the answer to stdout."""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.cli.console import emit, say
from deploy.cli.context import AsJson, Profile, Region, session
from deploy.errors import UsageError

if TYPE_CHECKING:
    from deploy.aws.invocation import Call, Reply
    from deploy.invoke.retry import Persistence


class Target(StrEnum):
    """Where to call."""

    aws = "aws"
    local = "local"


def invoke(
    file: Annotated[
        str,
        typer.Option("--file", "-f", metavar="FILE", help="The payload: .csv .json .jsonl .npy .parquet, - is stdin."),
    ],
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="The endpoint's name; not used locally.")] = None,
    content_type: Annotated[
        str | None, typer.Option(help="What the payload is, where the file's ending doesn't say.")
    ] = None,
    accept: Annotated[str, typer.Option(help="What to answer in, as in application/json; by default in kind.")] = "",
    inference_id: Annotated[str | None, typer.Option(help="An id of yours, found again in the log.")] = None,
    attributes: Annotated[str, typer.Option(help="Custom attributes, passed to the container.")] = "",
    no_retry: Annotated[bool, typer.Option("--no-retry", help="Don't try again while it starts or is busy.")] = False,
    target: Annotated[Target, typer.Option(help="An endpoint in AWS, or a container or make serve here.")] = Target.aws,
    url: Annotated[str | None, typer.Option(help="Where it listens locally; http://127.0.0.1:8080 by default.")] = None,
    region: Region = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Send a payload to an endpoint and print its answer, unchanged; timings go to stderr.

    Example: coppice invoke houses -f payload.csv
    """
    from deploy.aws.invocation import Call
    from deploy.invoke import payload
    from deploy.invoke.retry import ONE_TRY, Patience, Persistence

    if target is Target.aws and name is None:
        raise UsageError("Which endpoint? Name it: coppice invoke NAME -f FILE", "See them: coppice status")
    if target is Target.aws and url is not None:
        raise UsageError("--url goes with --target local.")
    if content_type == "":
        raise UsageError("--content-type is empty.", "Leave it out where the file's ending says what it is.")
    if inference_id == "":
        raise UsageError("--inference-id is empty; it takes 1 to 64 characters.")
    body = payload.read_body(file, sys.stdin.buffer.read)
    if content_type is None:
        content_type = payload.content_type_of(file, body)
        if file == payload.STDIN:
            say(f"stdin is sent as {content_type}, by its first byte; --content-type says otherwise")
    call = Call(body, content_type, accept, inference_id or "", attributes)
    payload.check_headers(call)
    persistence = Persistence(ONE_TRY if no_retry else Patience(), time.monotonic, time.sleep, say)
    if target is Target.local:
        reply, seconds = _call_locally(call, url, persistence)
    else:
        reply, seconds = _call_aws(call, name or "", region, profile, persistence)
    say(_timings(call, reply, seconds))
    if as_json:
        emit(_document(call, reply, seconds, target))
    else:
        typer.echo(reply.body, nl=False)


def _call_locally(call: Call, url: str | None, persistence: Persistence) -> tuple[Reply, float]:
    from deploy.endpoint.running import Kind
    from deploy.invoke.local import ADDRESS, Container
    from deploy.invoke.payload import check_size

    address = url or ADDRESS
    container = Container(address)
    check_size(
        call,
        Kind.serverless,
        "A container here stands for a serverless endpoint. More rows: coppice batch, or send fewer at a time.",
    )
    return _timed(lambda: container.invoke(call), persistence, "what the server printed")


def _call_aws(
    call: Call, name: str, region: str | None, profile: str | None, persistence: Persistence
) -> tuple[Reply, float]:
    from deploy.aws.describe import Describe
    from deploy.aws.runtime import Runtime
    from deploy.aws.s3 import S3
    from deploy.endpoint.limits import check_name
    from deploy.endpoint.running import Kind
    from deploy.invoke.later import Later
    from deploy.invoke.payload import check_size
    from deploy.invoke.target import look

    check_name(name, "NAME")
    here = session(region, profile)
    running = look(Describe(here), name, here.region)
    kind = running.kind if running else Kind.serverless
    check_size(call, kind, f"As a batch: coppice batch --name {name} --input FILE --output s3://…")
    runtime = Runtime(here)
    if running is None or not running.asynchronous:
        return _timed(lambda: runtime.invoke(name, call), persistence, f"coppice logs {name}")
    later = Later(runtime, S3(here), time.monotonic, time.sleep, say)
    place = later.put(call, running.asynchronous["OutputConfig"]["S3OutputPath"])
    return _timed(lambda: later.answer(name, call, place), persistence, f"coppice logs {name}")


def _timed(send: Callable[[], Reply], persistence: Persistence, logs: str) -> tuple[Reply, float]:
    """The answer and the seconds of the try that brought it."""
    from deploy.aws.invocation import ContainerSaidNo
    from deploy.invoke.refusal import explain

    began = 0.0

    def once() -> Reply:
        nonlocal began
        began = time.perf_counter()
        return send()

    try:
        reply = persistence.until_answered(once)
    except ContainerSaidNo as error:
        raise explain(error, logs) from None
    return reply, time.perf_counter() - began


def _timings(call: Call, reply: Reply, seconds: float) -> str:
    parts = [
        f"HTTP {reply.status}",
        f"{seconds * 1000:,.1f} ms",
        f"{len(call.body):,} bytes of {call.content_type} → {len(reply.body):,} of {reply.content_type or 'no type'}",
    ]
    named = {
        "variant": reply.variant,
        "request id": reply.request_id,
        "inference id": call.inference_id,
        "attributes": reply.attributes,
    }
    return ", ".join([*parts, *(f"{name} {value}" for name, value in named.items() if value)])


def _document(call: Call, reply: Reply, seconds: float, target: Target) -> dict[str, Any]:
    body, encoding = _readable(reply)
    return {
        "status": reply.status,
        "milliseconds": round(seconds * 1000, 3),
        "content_type": reply.content_type,
        "body": body,
        "body_encoding": encoding,
        "bytes": len(reply.body),
        "variant": reply.variant or None,
        "request_id": reply.request_id or None,
        "inference_id": call.inference_id or None,
        "attributes": reply.attributes or None,
        "target": target.value,
    }


def _readable(reply: Reply) -> tuple[Any, str]:
    """The body as JSON can hold it: parsed JSON, text, or base64, and which of them it is."""
    try:
        text = reply.body.decode()
    except UnicodeDecodeError:
        return base64.b64encode(reply.body).decode(), "base64"
    if reply.content_type.partition(";")[0].strip().lower() == "application/json":
        try:
            return json.loads(text, parse_constant=_no_json), "json"
        except ValueError:
            pass
    return text, "text"


def _no_json(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
