"""What becomes of lines before they are sent."""

from __future__ import annotations

from local_test.emulator.observe.log_stream import (
    BATCH_BYTES,
    BATCH_EVENTS,
    EVENT_BYTES,
    WAITING_BYTES,
    Event,
    LogStream,
    batches,
    event,
)


def stream():
    return LogStream("eu-west-1", "/aws/sagemaker/Endpoints/e", "AllTraffic/i-1", lambda stream: None)


def messages(stream):
    return [one.message for one in stream.take()]


def test_arn():
    assert stream().arn == (
        "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/Endpoints/e:log-stream:AllTraffic/i-1"
    )


def test_lines_wait_in_order_until_they_are_taken():
    lines = stream()
    for line in (b"one", b"", b"two"):
        lines.write(line)
    assert messages(lines) == ["one", "two"]
    assert messages(lines) == []


def test_what_isnt_utf8_is_replaced():
    assert event(0, b"a\xff\xfez").message == "a��z"


def test_a_long_line_is_cut_between_characters():
    cut = event(0, "é".encode() * EVENT_BYTES)
    assert EVENT_BYTES - 2 <= cut.size <= EVENT_BYTES
    assert cut.message.startswith("éé")
    assert cut.message.endswith("é … (cut: CloudWatch takes 256 KB a line)")


def test_a_line_that_just_fits_isnt_cut():
    line = b"x" * (EVENT_BYTES - 26)
    assert event(0, line).message.encode() == line


def test_replacement_characters_count_with_what_they_have():
    assert event(0, b"\xff" * EVENT_BYTES).size <= EVENT_BYTES


def test_batches_have_so_many_events():
    assert [len(batch) for batch in batches([Event(0, "x", 27)] * (BATCH_EVENTS + 1))] == [BATCH_EVENTS, 1]


def test_batches_have_so_many_bytes():
    sizes = [sum(one.size for one in batch) for batch in batches([Event(0, "…", EVENT_BYTES)] * 9)]
    assert sizes == [BATCH_BYTES, BATCH_BYTES, EVENT_BYTES]


def test_no_events_no_batch():
    assert list(batches([])) == []


def test_who_prints_too_fast_loses_lines_and_is_told_how_many():
    lines = stream()
    line = b"x" * 100_000
    fit = WAITING_BYTES // (len(line) + 26)
    for _ in range(fit + 5):
        lines.write(line)
    kept = messages(lines)
    assert len(kept) == fit + 1
    assert kept[-1] == "(coppice local: 5 lines are missing here; they didn't get to CloudWatch)"
    lines.write(b"and on")
    assert messages(lines) == ["and on"]


def test_what_couldnt_be_sent_is_counted_and_the_count_isnt_lost():
    lines = stream()
    for line in (b"one", b"two"):
        lines.write(line)
    lines.lose(lines.take())
    lines.write(b"three")
    told = lines.take()
    assert "2 lines are missing" in told[0].message
    lines.lose(told)
    lines.write(b"four")
    assert "3 lines are missing" in lines.take()[0].message
