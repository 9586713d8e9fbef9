"""One request's way through a script: read, predict, write; by its hooks, and by our own ways where it has none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from container import contract
from container.codecs import negotiation
from container.codecs.rows import Answer, Array
from container.errors import EmptyBody, MalformedBody, UnsupportedMediaType
from container.inference.model import LoadedModel
from container.inference.pipeline import Invocation, Pipeline, Reply, Timings
from container.inference.script import answers, failures
from container.inference.script.context import Context
from container.inference.script.hooks import Call, Hooks
from container.inference.script.rows import read_freely, rows_of
from container.inference.service import Tickets
from container.inference.validate import arrange
from container.settings import Settings

TEXTS: Final = (contract.JSON, contract.CSV)
"""What input_fn gets as str; anything else it gets as bytes. AWS's container does the same."""


_MARK: Final = "\N{BYTE ORDER MARK}"


class Ready(NamedTuple):
    """A model for a script: what its hooks get; what is known of it; and our own pipeline over it, where it is our
    predict that answers. `to_input` makes of rows what the model itself takes."""

    model: Any
    loaded: LoadedModel
    inner: Pipeline | None = None
    to_input: Callable[[Array], Any] = lambda rows: rows


class Request:
    """What the hooks are told of one request, and what our own reading of it leaves for our own writing."""

    def __init__(self, invocation: Invocation, default_accept: str, model_dir: Path) -> None:
        self.body = invocation.body
        self.came = invocation.content_type
        self.asked = invocation.accept
        media = negotiation.MediaType.parse(invocation.content_type)
        self.content_type = _said(media, invocation.content_type)
        self.charset = media.parameters.get("charset", "utf-8")
        self.accept = _wanted(invocation.accept) or default_accept or contract.JSON
        self.context = Context(str(model_dir), invocation.request_id, invocation.environ)
        self.envelope = ""
        self.rows = 0

    def text_or_bytes(self) -> str | bytes:
        """The body as a hook gets it; raises MalformedBody or UnsupportedMediaType where its charset is wrong."""
        if self.content_type not in TEXTS:
            return self.body
        try:
            return self.body.decode(self.charset).removeprefix(_MARK)
        except LookupError:
            raise UnsupportedMediaType(f"The charset {self.charset[:40]} isn't read here.", "Send UTF-8.") from None
        except UnicodeError as error:
            raise MalformedBody(f"The body is not {self.charset}: {error}.", "Send UTF-8.") from None


def _said(media: negotiation.MediaType, content_type: str) -> str:
    """A media type as scripts compare it: bare; but with what reading it needs, such as a boundary."""
    if media.name not in TEXTS and media.parameters.keys() - {"charset"}:
        return content_type.strip()
    return media.name or contract.JSON


def _wanted(accept: str) -> str:
    """The one media type of an Accept header that is wanted most; nothing where any will do."""
    ranges = [media for media in map(negotiation.MediaType.parse, accept.split(",")) if media.name and media.quality]
    best = max(ranges, key=lambda media: media.quality, default=None)
    return "" if best is None or best.name.endswith("/*") else best.name


class ScriptPipeline:
    """The way through a script; `folder` has its files. One request is in it at a time, as its authors expect."""

    def __init__(self, hooks: Hooks, folder: Path, model_dir: Path, ready: Ready, settings: Settings) -> None:
        self.loaded = ready.loaded
        self._ready = ready
        self._folder, self._model_dir = folder, model_dir
        self._default_accept = settings.default_accept
        said = f"The request waited {settings.timeout:g} s for the script to be free."
        self._alone = Tickets(1, settings.timeout, said)
        self._answer = self._transform(hooks.transform_fn) if hooks.transform_fn else self._three(hooks)
        self.execution_parameters = self._parameters(hooks.execution_parameters_fn)

    def __call__(self, invocation: Invocation, timings: Timings) -> Reply:
        """Answer one invocation; raises a ContainerError that carries its HTTP status."""
        with self._alone:
            return self._answer(Request(invocation, self._default_accept, self._model_dir), timings)

    def _call(self, name: str, hook: Call, request: Request, *values: Any) -> Any:
        try:
            return hook(*values, request.context)
        except failures.RAISED as error:
            raise failures.in_request(name, error, self._folder) from None

    def _reply(self, name: str, value: Any, accept: str, context: Context) -> Reply:
        try:
            return answers.reply(name, value, accept, context)
        except failures.RAISED as error:  # what was returned is the user's, too
            raise failures.in_request(name, error, self._folder) from None

    def _transform(self, hook: Call) -> Callable[[Request, Timings], Reply]:
        def answer(request: Request, timings: Timings) -> Reply:
            def call(*values: Any) -> Any:
                return hook(self._ready.model, request.text_or_bytes(), *values)

            value = self._call("transform_fn", call, request, request.content_type, request.accept)
            timings.done("predict")
            reply = self._reply("transform_fn", value, request.accept, request.context)
            timings.done("encode")
            return reply

        return answer

    def _three(self, hooks: Hooks) -> Callable[[Request, Timings], Reply]:
        read = self._reader(hooks.input_fn, as_frame=hooks.predict_fn is not None)
        predict = self._predictor(hooks.predict_fn)
        write = self._writer(hooks.output_fn)

        def answer(request: Request, timings: Timings) -> Reply:
            data = read(request)
            timings.done("decode")
            prediction = predict(data, request)
            timings.rows = request.rows or _length(data)
            timings.done("predict")
            reply = write(prediction, request)
            timings.done("encode")
            return reply

        return answer

    def _reader(self, hook: Call | None, as_frame: bool) -> Callable[[Request], Any]:
        if hook is not None:

            def ask(request: Request) -> Any:
                def call(*values: Any) -> Any:
                    return hook(request.text_or_bytes(), *values)

                return self._call("input_fn", call, request, request.content_type)

            return ask

        def decode(request: Request) -> Any:
            if not request.body:
                raise EmptyBody("The body is empty.", f"POST rows as one of {negotiation.spoken()}.")
            codec, decoder = negotiation.reader(request.came, request.body)
            request.content_type = codec.media_type
            schema = self.loaded.schema
            if not schema.features:
                data, request.envelope = read_freely(request.body, codec.media_type)
                return data
            table = decoder(request.body, schema)
            request.envelope = table.envelope
            rows = arrange(table, schema)
            request.rows = len(rows)
            return self._ready.to_input(rows) if as_frame else rows

        return decode

    def _predictor(self, hook: Call | None) -> Callable[[Any, Request], Any]:
        if hook is not None:
            return lambda data, request: self._call("predict_fn", hook, request, data, self._ready.model)
        inner = self._ready.inner
        if inner is None:

            def call(data: Any, _: Any) -> Any:
                return self._ready.model.predict(data)

            return lambda data, request: self._call("model's predict", call, request, data)

        def predict(data: Any, request: Request) -> Answer:
            rows = rows_of(data, inner.loaded.schema)
            request.rows = len(rows)
            return inner.predict(rows, request.envelope)

        return predict

    def _writer(self, hook: Call | None) -> Callable[[Any, Request], Reply]:
        if hook is not None:

            def ask(prediction: Any, request: Request) -> Reply:
                value = prediction.array if isinstance(prediction, Answer) else prediction
                returned = self._call("output_fn", hook, request, value, request.accept)
                return self._reply("output_fn", returned, request.accept, request.context)

            return ask

        def write(prediction: Any, request: Request) -> Reply:
            came_as = negotiation.find(request.content_type) or negotiation.CODECS[0]
            codec, media_type = negotiation.writer(request.asked, came_as, self._default_accept)
            if isinstance(prediction, Answer):
                return Reply(codec.encode(prediction), media_type)
            array = answers.as_array(prediction)
            if array is not None and not request.context.get_response_content_type():
                return Reply(codec.encode(Answer((array,), envelope=request.envelope)), media_type)
            if isinstance(prediction, str) and codec.media_type == contract.JSON:
                prediction = np.array(prediction)  # a label, not a body that somebody wrote
            return _in_envelope(self._reply("predict_fn", prediction, media_type, request.context), request, prediction)

        return write

    def _parameters(self, hook: Call | None) -> Callable[[], Reply] | None:
        if hook is None:
            return None

        def ask() -> Reply:
            context = Context(str(self._model_dir))
            try:
                value = hook(context)
            except failures.RAISED as error:
                raise failures.in_request("execution_parameters_fn", error, self._folder) from None
            return self._reply("execution_parameters_fn", value, contract.JSON, context)

        return ask


def _in_envelope(reply: Reply, request: Request, prediction: Any) -> Reply:
    """Rows that came in an envelope are answered in one, whatever predict_fn made of them."""
    rows = isinstance(prediction, list) or hasattr(prediction, "to_csv")
    if not (rows and request.envelope and reply.media_type == contract.JSON):
        return reply
    return reply._replace(body=b'{"%s":%s}' % (request.envelope.encode(), reply.body))


def _length(data: Any) -> int:
    try:
        return len(data) if hasattr(data, "shape") or isinstance(data, list) else 0
    except TypeError:
        return 0
