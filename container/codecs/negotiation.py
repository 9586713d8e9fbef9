"""Which codec reads a body and which writes the answer: Content-Type, Accept and, without them, the first byte."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Final, NamedTuple

from container import contract
from container.artifact.manifest import Schema
from container.codecs import csv, json, jsonlines, npy, parquet
from container.codecs.rows import Answer, Table
from container.errors import MalformedBody, NotAcceptable, UnsupportedMediaType

Decode = Callable[[bytes, Schema], Table]
Encode = Callable[[Answer], bytes]


class Codec(NamedTuple):
    """How one media type is read and written, and the other names it goes by."""

    media_type: str
    decode: Decode
    encode: Encode
    aliases: tuple[str, ...] = ()
    available: Callable[[], bool] = lambda: True


CODECS: Final = (
    Codec(contract.JSON, json.decode, json.encode),
    Codec(contract.CSV, csv.decode, csv.encode),
    Codec(
        contract.JSONLINES,
        jsonlines.decode,
        jsonlines.encode,
        ("application/x-jsonlines", "application/jsonl", "application/x-ndjson"),
    ),
    Codec(contract.NPY, npy.decode, npy.encode),
    Codec(
        contract.PARQUET,
        parquet.decode,
        parquet.encode,
        ("application/vnd.apache.parquet",),
        parquet.available,
    ),
)


_BY_NAME: Final = {name: codec for codec in CODECS for name in (codec.media_type, *codec.aliases)}


def installed() -> tuple[Codec, ...]:
    """The codecs whose libraries are here."""
    return tuple(codec for codec in CODECS if codec.available())


def find(media_type: str) -> Codec | None:
    """The codec that goes by this name, if its library is here."""
    codec = _BY_NAME.get(media_type)
    return codec if codec is not None and codec.available() else None


def spoken() -> str:
    """The media types read and written here, for a message."""
    return ", ".join(codec.media_type for codec in installed())


CHARSETS: Final = ("iso-8859-1", "latin-1", "windows-1252", "utf-16")
"""What is read besides UTF-8."""


class MediaType(NamedTuple):
    """A parsed media type or range: lower-case name, parameters by lower-case key."""

    name: str
    parameters: dict[str, str]

    @classmethod
    def parse(cls, text: str) -> MediaType:
        """Parse `type/subtype; key=value`; never raises: nonsense becomes a name nobody knows."""
        name, *rest = text.split(";")
        pairs = (part.partition("=") for part in rest if part.strip())
        return cls(name.strip().lower(), {key.strip().lower(): value.strip().strip('"') for key, _, value in pairs})

    @property
    def quality(self) -> float:
        """The q-value, 1 when absent and 0 when it is no number between 0 and 1."""
        try:
            quality = float(self.parameters.get("q", "1"))
        except ValueError:
            return 0.0
        return quality if 0 <= quality <= 1 else 0.0


def reader(content_type: str, body: bytes) -> tuple[Codec, Decode]:
    """The codec of the body and the function that reads it; raises UnsupportedMediaType."""
    if found := _named_reader(content_type):
        return found
    codec = _by_first_byte(body)
    return codec, _with_parameters(codec, MediaType.parse(content_type))


@functools.lru_cache(maxsize=256)  # callers ask for the same few things all day
def _named_reader(content_type: str) -> tuple[Codec, Decode] | None:
    media = MediaType.parse(content_type)
    if media.name in ("", contract.OCTET_STREAM):
        return None
    codec = find(media.name) or _refuse(media.name)
    return codec, _with_parameters(codec, media)


def _by_first_byte(body: bytes) -> Codec:
    if body.startswith(npy.MAGIC):
        name = contract.NPY
    elif body.startswith(parquet.MAGIC):
        name = contract.PARQUET
    else:
        text = body.removeprefix(csv.BYTE_ORDER_MARK).lstrip(b" \t\r\n")
        name = contract.JSON if text[:1] in (b"[", b"{") else contract.CSV
    return find(name) or _refuse(name)


def _refuse(name: str) -> Codec:
    if name in contract.FORM_TYPES:
        raise UnsupportedMediaType(
            f"The body came as {name}, which HTTP clients send when no Content-Type is set; it isn't read as rows.",
            "Set the header Content-Type: text/csv or Content-Type: application/json.",
        )
    if name == contract.PARQUET or name.endswith("parquet"):
        raise UnsupportedMediaType(
            "Parquet needs pyarrow, which isn't installed here.",
            "Build the image with --build-arg PARQUET=1.",
        )
    raise UnsupportedMediaType(f"Content-Type {name[:100]} isn't read here.", f"Send one of {spoken()}.")


def _with_parameters(codec: Codec, media: MediaType) -> Decode:
    decode = codec.decode
    if codec.media_type == contract.CSV and (header := media.parameters.get("header", "").lower()):
        has_header = {"present": True, "absent": False}.get(header)
        decode = lambda body, schema: csv.decode(body, schema, has_header)  # noqa: E731
    charset = media.parameters.get("charset", "utf-8").lower()
    if charset in ("utf-8", "utf8", "us-ascii", "ascii") or codec.media_type in (
        contract.NPY,
        contract.PARQUET,
    ):
        return decode
    if charset not in CHARSETS:
        raise UnsupportedMediaType(f"The charset {charset[:40]} isn't read here.", "Send UTF-8.")
    return lambda body, schema: decode(_to_utf8(body, charset), schema)


def _to_utf8(body: bytes, charset: str) -> bytes:
    try:
        return body.decode(charset).encode()
    except UnicodeError as error:
        raise MalformedBody(f"The body is not {charset}: {error}.", "Send UTF-8.") from None


@functools.lru_cache(maxsize=256)  # as above
def writer(accept: str, came_as: Codec, default: str = "") -> tuple[Codec, str]:
    """The codec of the answer and the name it is sent under.

    Each media type has the q-value of the most specific range that covers it; the highest wins, and among equals what
    the client names, then `default`, then what came (an answer in kind). No Accept is `*/*`. Raises NotAcceptable.
    """
    ranges = {media.name: media.quality for media in map(MediaType.parse, accept.split(",")) if media.name}
    ranges = ranges or {"*/*": 1.0}
    named = [name for name in ranges if not name.endswith("/*")]
    usual = [MediaType.parse(default).name, came_as.media_type, *(codec.media_type for codec in CODECS)]
    for name in sorted(named + usual, key=lambda name: -_quality(name, ranges)):
        if _quality(name, ranges) and (codec := find(name)):
            return codec, name
    raise NotAcceptable(f"Accept: {accept[:200]} asks for nothing that is written here.", f"Accept one of {spoken()}.")


def _quality(name: str, ranges: dict[str, float]) -> float:
    kind = name.partition("/")[0]
    return ranges.get(name, ranges.get(f"{kind}/*", ranges.get("*/*", 0.0)))
