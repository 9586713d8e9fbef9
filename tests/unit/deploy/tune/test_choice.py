"""Which size is chosen, and how that is said."""

from __future__ import annotations

import pytest
from prices import PRICES
from tuned import measured, sized

from deploy.tune.choice import choose
from deploy.tune.options import Goal, Strategy

SLOW_BUT_CHEAP = sized(1024, [20.0] * 5)
BETWEEN = sized(2048, [12.0] * 5)
FAST_BUT_DEAR = sized(3072, [10.0] * 5)


def chosen(*sizes, **changed):
    return choose(measured(*sizes, **changed), PRICES)


@pytest.mark.parametrize(
    ("strategy", "memory_mb"),
    [
        (Strategy(Goal.cost), 1024), (Strategy(Goal.speed), 3072), (Strategy(Goal.balanced, 0.5), 2048),
        (Strategy(Goal.balanced, 1), 1024), (Strategy(Goal.balanced, 0), 3072),
    ],
)  # fmt: skip
def test_each_strategy_has_its_own(strategy, memory_mb):
    assert chosen(SLOW_BUT_CHEAP, BETWEEN, FAST_BUT_DEAR, strategy=strategy).memory_mb == memory_mb


def test_what_is_hardly_faster_is_not_worth_more_memory():
    choice = chosen(sized(1024, [10.2] * 5), sized(2048, [10.0] * 5), strategy=Strategy(Goal.speed))
    assert choice.memory_mb == 1024


def test_what_is_faster_for_the_same_money_is_taken():
    """Where a call takes half as long with twice the memory, as on CPU alone, they cost the same."""
    sizes = [sized(1024, [1001.0] * 5), sized(2048, [500.0] * 5), sized(3072, [333.9] * 5)]
    assert chosen(*sizes, current_mb=1024).sentence == "3072 MB: 67 % faster than 1024 MB, for the same money; " + (
        "peak memory 100 MB"
    )
    assert chosen(sized(1024, [990.0] * 5), *sizes[1:]).memory_mb == 1024


def test_a_size_without_headroom_is_never_chosen():
    tight = sized(1024, [1.0] * 5, peak_mb=1000)
    assert chosen(tight, BETWEEN).memory_mb == 2048


def test_the_sentence():
    assert chosen(SLOW_BUT_CHEAP, BETWEEN).sentence == (
        "1024 MB: 17 % cheaper, 67 % slower than 2048 MB; peak memory 100 MB"
    )
    assert chosen(BETWEEN, current_mb=2048).sentence == "2048 MB, as now; peak memory 100 MB"
    same = chosen(sized(1024, [12.0] * 5), BETWEEN).sentence
    assert same == "1024 MB: 50 % cheaper than 2048 MB, and as fast; peak memory 100 MB"
    unmeasured = chosen(SLOW_BUT_CHEAP, current_mb=4096).sentence
    assert unmeasured == "1024 MB (4096 MB wasn't measured); peak memory 100 MB"
    interrupted = chosen(SLOW_BUT_CHEAP, sized(2048, []), current_mb=2048).sentence
    assert interrupted == "1024 MB (2048 MB wasn't measured); peak memory 100 MB"


def test_a_current_size_that_will_not_do_is_said():
    failed = sized(1024, [], stopped="3 calls failed: boom")
    sentence = chosen(failed, BETWEEN, current_mb=1024).sentence
    assert sentence == "2048 MB; 1024 MB won't do: 3 calls failed: boom; peak memory 100 MB"
    outgrown = sized(1024, [], stopped="out of memory: The primary container for production variant AllTraffic")
    outgrown.out_of_memory = True
    sentence = chosen(outgrown, BETWEEN, current_mb=1024).sentence
    assert sentence == "2048 MB; 1024 MB won't do: out of memory; peak memory 100 MB"


def test_where_nothing_fits_nothing_is_chosen():
    choice = chosen(sized(1024, [], stopped="it outgrew 1024 MB"), sized(2048, [1.0], peak_mb=2000))
    assert choice.memory_mb is None
    assert "1024 MB: it outgrew 1024 MB; 2048 MB: its peak of 2000 MB" in choice.sentence
