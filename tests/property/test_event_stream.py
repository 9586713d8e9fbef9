"""The event stream that the emulator writes, read by botocore."""

from __future__ import annotations

from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from local_test.emulator.hosting.event_stream import PART_BYTES, message, payload_parts

names = st.text(st.characters(max_codepoint=127, categories=("L", "N")), min_size=1, max_size=50)


@given(st.dictionaries(names, st.text(max_size=100), max_size=5), st.binary(max_size=300))
def test_a_message_is_read_as_it_was_written(headers, payload):
    buffer = EventStreamBuffer()
    buffer.add_data(message(headers, payload))
    [read] = buffer
    assert (read.headers, read.payload) == (headers, payload)


@given(st.binary(max_size=50), st.integers(0, 3))
def test_parts_are_the_body_again(rest, whole):
    body = b"x" * (whole * PART_BYTES) + rest
    buffer = EventStreamBuffer()
    for part in payload_parts(body):
        buffer.add_data(part)
    read = list(buffer)
    assert b"".join(each.payload for each in read) == body
    assert {each.headers[":event-type"] for each in read} <= {"PayloadPart"}
