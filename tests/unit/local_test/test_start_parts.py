"""The one line of a container's log that says what its start was made of."""

from __future__ import annotations

import pytest

from local_test.emulator.observe.start_parts import parts_in


def test_the_parts_in_order_without_their_sum():
    line = b'{"level":"info","event":"started","port":1,"milliseconds":{"imports":100.5,"mapping":3,"total":103.5}}'
    assert list(parts_in(line).items()) == [("imports", 100.5), ("mapping", 3.0)]


@pytest.mark.parametrize(
    "line",
    [b"", b'"event":"started"', b'{"event":"started"}', b'{"event":"started","milliseconds":3}',
     b'\xff"event":"started"',
     b'{"event":"started","milliseconds":{"imports":"long"}}', b'{"event":"stopped","milliseconds":{"imports":1}}'],
)  # fmt: skip
def test_other_lines_say_nothing(line):
    assert parts_in(line) == {}
