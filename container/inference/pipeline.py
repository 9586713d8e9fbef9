"""One request's way, top to bottom: negotiate, decode, validate, predict, encode."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from container.codecs import negotiation
from container.codecs.rows import Answer, Array
from container.errors import BadValue, ContainerError, EmptyBody, PredictionFailed, SettingsError
from container.inference import outputs
from container.inference.model import LoadedModel, RowRejected
from container.inference.validate import arrange


class Invocation(NamedTuple):
    """What came: the body and the headers that say how to read it and how to answer; for a script, WSGI's environ."""

    body: bytes
    content_type: str = ""
    accept: str = ""
    environ: Mapping[str, Any] = MappingProxyType({})
    request_id: str = ""


class Timings:
    """Milliseconds by stage, and the rows they were spent on; filled as the request goes, kept when it fails."""

    def __init__(self) -> None:
        self.rows = 0
        self.milliseconds: dict[str, float] = {}
        self._started = self._last = time.perf_counter()

    def done(self, stage: str) -> None:
        """The stage that began where the last one was done is done."""
        now = time.perf_counter()
        self.milliseconds[stage] = round((now - self._last) * 1000, 3)
        self._last = now

    def finish(self) -> None:
        """The request is answered."""
        self.milliseconds["total"] = round((time.perf_counter() - self._started) * 1000, 3)


class Reply(NamedTuple):
    """What goes back."""

    body: bytes
    media_type: str
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


class Answering(Protocol):
    """A way from invocations to replies, through what was `loaded`."""

    loaded: LoadedModel
    execution_parameters: Callable[[], Reply] | None
    """The script's own answer to /execution-parameters, where it has one."""

    def __call__(self, invocation: Invocation, timings: Timings) -> Reply:
        """Answer one invocation; raises a ContainerError that carries its HTTP status."""


class Pipeline:
    """The way through one model. `default_accept` and `keys` are the operator's choices, checked when it is built."""

    def __init__(self, loaded: LoadedModel, default_accept: str = "", keys: tuple[str, ...] = ()) -> None:
        outputs.check(keys, loaded)
        if default_accept and negotiation.find(default_accept.lower()) is None:
            raise SettingsError(
                f"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT is {default_accept!r}, which isn't written here.",
                f"Use one of {negotiation.spoken()}.",
            )
        self.loaded = loaded
        self.execution_parameters: Callable[[], Reply] | None = None
        self._default_accept = default_accept
        self._keys = keys

    def __call__(self, invocation: Invocation, timings: Timings) -> Reply:
        """Answer one invocation; raises a ContainerError that carries its HTTP status."""
        if not invocation.body:
            raise EmptyBody("The body is empty.", f"POST rows as one of {negotiation.spoken()}.")
        codec, decode = negotiation.reader(invocation.content_type, invocation.body)
        answer_codec, media_type = negotiation.writer(invocation.accept, codec, self._default_accept)
        table = decode(invocation.body, self.loaded.schema)
        timings.done("decode")
        rows = arrange(table, self.loaded.schema)
        timings.rows = len(rows)
        timings.done("validate")
        answer = self.predict(rows, table.envelope)
        timings.done("predict")
        reply = Reply(answer_codec.encode(answer), media_type)
        timings.done("encode")
        return reply

    def predict(self, rows: Array, envelope: str) -> Answer:
        """The answer to rows (n, features); raises BadValue and PredictionFailed."""
        try:
            return outputs.answer(self.loaded, rows, self._keys, envelope)
        except RowRejected as error:
            where = f"Row {error.row + 1}"
            if error.column is not None:
                where += f", {self.loaded.schema.column(error.column)}"
            raise BadValue(f"{where}: the model can't take it: {error.reason}") from None
        except ContainerError:
            raise
        except Exception as error:
            raise PredictionFailed(
                "The model failed on this request.", "The server's log has the details under this request id."
            ) from error
