"""The arithmetic, held against sums done by hand."""

from __future__ import annotations

import pytest
from prices import PRICES

from deploy.cost.estimate import Load, estimate
from deploy.errors import UsageError


def test_a_call_costs_its_seconds_and_its_bytes():
    found = estimate(Load(2048, 500, 1_000_000, payload_bytes=1024**2), PRICES)
    assert found.call_compute == pytest.approx(0.5 * 2 * 0.00002)
    assert found.call_data == pytest.approx(0.016 / 1024)
    assert found.month == pytest.approx(1_000_000 * (0.00002 + 0.015625e-3))


def test_nothing_is_due_while_nobody_calls():
    assert estimate(Load(6144, 500, 0), PRICES).month == 0


def test_what_is_provisioned_costs_all_month():
    found = estimate(Load(1024, 10, 0, provisioned=2), PRICES)
    assert found.month == found.month_provisioned == pytest.approx(2 * 730 * 3600 * 0.000005)


def test_at_the_break_even_both_cost_the_same():
    load = Load(3072, 80, 1)
    (point,) = estimate(load, PRICES, ("ml.c5.large",)).break_even
    assert point.usd_per_month == pytest.approx(73.0)
    at_that = estimate(load._replace(calls_per_month=point.calls), PRICES)
    assert at_that.month == pytest.approx(point.usd_per_month)
    assert point.busy == pytest.approx(point.calls * 0.08 / (730 * 3600))


def test_provisioned_concurrency_comes_off_what_an_instance_may_cost():
    load = Load(1024, 100, 1, provisioned=1)
    (point,) = estimate(load, PRICES, ("ml.c5.large",)).break_even
    at_that = estimate(load._replace(calls_per_month=point.calls), PRICES)
    assert at_that.month == pytest.approx(point.usd_per_month)


def test_where_provisioned_costs_more_than_an_instance_there_is_nothing_to_break_even():
    (point,) = estimate(Load(6144, 100, 1, provisioned=10), PRICES, ("ml.c5.large",)).break_even
    assert point.calls == 0


def test_calls_that_take_no_time_never_break_even():
    (point,) = estimate(Load(1024, 0, 1), PRICES, ("ml.c5.large",)).break_even
    assert point.calls is None


def test_a_price_that_is_not_known_is_not_guessed():
    with pytest.raises(UsageError, match=r"ml\.p4\.huge"):
        estimate(Load(1024, 1, 1), PRICES, ("ml.p4.huge",))
    with pytest.raises(UsageError, match="provisioned"):
        estimate(Load(1024, 1, 1, provisioned=1), PRICES._replace(provisioned_gb_second=None))
