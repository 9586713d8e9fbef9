"""Bytes into lines."""

from __future__ import annotations

import random

from local_test.emulator.instances.lines import MAX_LINE, LineCutter


def cut(*pieces: bytes) -> list[bytes]:
    lines: list[bytes] = []
    cutter = LineCutter(lines.append)
    for piece in pieces:
        cutter.feed(piece)
    cutter.end()
    return lines


def test_lines_however_the_bytes_come():
    text = b"one\n\ntwo\r\nthree"
    assert cut(text) == [b"one", b"", b"two", b"three"]
    assert cut(*(text[i : i + 1] for i in range(len(text)))) == [b"one", b"", b"two", b"three"]


def test_nothing_is_no_line():
    assert cut() == cut(b"") == []
    assert cut(b"one\n") == [b"one"]


def test_a_line_that_is_too_long_becomes_several_and_little_is_kept():
    cutter = LineCutter(lambda line: None)
    for _ in range(1000):
        cutter.feed(b"x" * 10_000)
        assert len(cutter._rest) <= MAX_LINE
    assert [len(line) for line in cut(b"x" * (2 * MAX_LINE + 1))] == [MAX_LINE, MAX_LINE, 1]
    assert [len(line) for line in cut(b"x" * (2 * MAX_LINE) + b"\n")] == [MAX_LINE, MAX_LINE]


def test_nothing_is_lost():
    text = random.Random(1).randbytes(3_000_000).replace(b"\r", b"")
    pieces = [text[i : i + 70_001] for i in range(0, len(text), 70_001)]
    assert b"".join(cut(*pieces)) == text.replace(b"\n", b"")
