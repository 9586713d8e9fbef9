"""The line under the table: how many calls there were, and whose clock it is."""

from __future__ import annotations

from prices import PRICES
from tuned import measured, sized

from deploy.tune.choice import choose
from deploy.tune.table import lines


def told(found):
    return next(line for line in lines(found, choose(found, PRICES), PRICES) if line.startswith("milliseconds"))


def test_how_many_calls_there_were():
    size = sized(1024, [12.0] * 5)
    assert told(measured(size)).startswith("milliseconds of 6 warm calls each, as billed")
    assert told(measured(size, calls=1, colds=1)).endswith("1 cold start")
    found = measured(size)
    found.interrupted = True
    assert told(found).startswith("milliseconds of up to 6 warm calls each")


def test_aws_says_of_no_call_what_it_took():
    found = measured(sized(1024, [12.0] * 5))
    found.target = "aws"
    assert "as the caller sees it" in told(found)
