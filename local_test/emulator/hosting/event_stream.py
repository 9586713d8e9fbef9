"""AWS's event-stream encoding, as far as InvokeEndpointWithResponseStream needs it.

A message is: its length and that of its headers, a CRC of these two, the headers, the payload, a CRC of all before.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Final

STRING: Final = 7
"""The type of a header's value."""
PART_BYTES: Final = 64 * 1024


def payload_parts(body: bytes) -> Iterator[bytes]:
    """A body as PayloadPart events."""
    headers = {":message-type": "event", ":event-type": "PayloadPart", ":content-type": "application/octet-stream"}
    for start in range(0, len(body), PART_BYTES):
        yield message(headers, body[start : start + PART_BYTES])


def message(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One message."""
    encoded = b"".join(_header(name, value) for name, value in headers.items())
    prelude = struct.pack("!II", 16 + len(encoded) + len(payload), len(encoded))
    before = prelude + struct.pack("!I", zlib.crc32(prelude)) + encoded + payload
    return before + struct.pack("!I", zlib.crc32(before))


def _header(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return struct.pack("!B", len(key)) + key + struct.pack("!BH", STRING, len(text)) + text
