"""What the flags take."""

from __future__ import annotations

import pytest
from tuned import TUNING

from deploy.errors import UsageError
from deploy.tune.options import Goal, Strategy, calls_each, levels, sizes, strategy


def test_sizes():
    assert sizes(None) == (1024, 2048, 3072, 4096, 5120, 6144)
    assert sizes("2048, 1GB,2048mb") == (1024, 2048)


@pytest.mark.parametrize("text", ["", "1024,", "1000", "1024;2048", "8GB", "-1024"])
def test_no_sizes(text):
    with pytest.raises(UsageError, match="--memory"):
        sizes(text)


def test_levels():
    assert levels("4,1, 2,4") == (1, 2, 4)


def test_the_calls_of_several_clients_count():
    assert calls_each(TUNING._replace(calls=1, colds=5, levels=(1, 200))) == 5 + 1 + 4 * 200
    assert calls_each(TUNING._replace(calls=100, colds=5, levels=(2, 4))) == 5 + 100 + 50 + 50


@pytest.mark.parametrize("text", ["", "0", "1,,2", "201", "two", "-1"])
def test_no_levels(text):
    with pytest.raises(UsageError, match="--concurrency"):
        levels(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("cost", Strategy(Goal.cost)), ("speed", Strategy(Goal.speed)), ("balanced", Strategy(Goal.balanced, 0.5)),
        ("balanced:0.8", Strategy(Goal.balanced, 0.8)), ("balanced:1", Strategy(Goal.balanced, 1)),
    ],
)  # fmt: skip
def test_strategies(text, found):
    assert strategy(text) == found
    assert strategy(str(found)) == found


@pytest.mark.parametrize("text", ["", "cheap", "balanced:", "balanced:2", "balanced:-0.1", "balanced:nan", "cost:0.5"])
def test_no_strategies(text):
    with pytest.raises(UsageError, match="--strategy"):
        strategy(text)
