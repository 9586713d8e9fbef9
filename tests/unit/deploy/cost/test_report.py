"""Money, and what a plan says of it."""

from __future__ import annotations

import pytest
from prices import PRICES

from deploy.cost.report import money, plan_lines
from deploy.endpoint.spec import Instances, Range, Serverless


@pytest.mark.parametrize(
    ("usd", "shown"),
    [
        (0, "$0.00"), (1234.5, "$1,234.50"), (1, "$1.00"), (0.999, "$1.00"), (0.5, "$0.500"),
        (0.0000004, "$0.000000400"),
    ],
)  # fmt: skip
def test_money(usd, shown):
    assert money(usd) == shown


def test_a_serverless_plan_says_that_idle_is_free():
    (line,) = plan_lines(Serverless(2048, 5), PRICES)
    assert line.startswith("cost: nothing while nobody calls; $4.00 for a million calls of 100 ms")
    assert "here, 2026-09-01" in line


def test_a_provisioned_plan_names_what_is_always_due():
    (line,) = plan_lines(Serverless(1024, 5, Range(2, 4)), PRICES)
    assert "$26.28 a month for 2 provisioned" in line
    (line,) = plan_lines(Serverless(1024, 5, Range(2, 4)), PRICES._replace(provisioned_gb_second=None))
    assert "isn't known" in line


def test_a_plan_on_instances():
    (line,) = plan_lines(Instances("ml.c5.large", Range(2, 4)), PRICES)
    assert line.startswith("cost: $146.00 a month for 2 of ml.c5.large, called or not")
    (line,) = plan_lines(Instances("ml.c5.large", Range(0, 4)), PRICES)
    assert line.startswith("cost: $73.00 a month for each ml.c5.large while it is there, nothing while there is none")
    (line,) = plan_lines(Instances("ml.new.large", Range(1, 1)), PRICES)
    assert "ml.new.large isn't known" in line
