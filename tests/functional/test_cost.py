"""`coppice cost`, as people and programs call it."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from local_test.emulator.observe.price import FILE

ROOT = Path(__file__).parents[2]
COPPICE = Path(sys.executable).with_name("coppice")


def cost(*arguments, region="us-east-1", folder=None):
    environment = {"PATH": "/usr/bin:/bin", **({"AWS_REGION": region} if region else {})}
    return subprocess.run(
        [COPPICE, "cost", *arguments],
        env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_the_numbers_as_json():
    done = cost("--memory", "2GB", "--duration-ms", "250", "--calls-per-month", "1000", "--json")
    said = json.loads(done.stdout)
    assert done.returncode == 0
    assert said["usd_per_call"]["total"] == pytest.approx(0.25 * 2 * 0.00002)
    assert said["usd_per_month"]["total"] == pytest.approx(0.01)
    assert {point["instance_type"] for point in said["break_even"]} == set(said["prices"]["instance_hours"])


def test_every_price_of_ours_has_a_date_and_a_source():
    for listed in json.loads(FILE.read_text())["regions"].values():
        for price in listed.values():
            assert re.match(r"20\d\d-\d\d", price["date"])
            assert len(price["source"]) > 20


def test_a_region_that_is_not_in_the_table_is_said():
    said = cost(region="eu-west-1").stdout
    assert "the prices of eu-west-1 aren't in the table, so these are us-east-1's" in said
    assert "aren't in the table" not in cost("--region", "us-east-1", region="eu-west-1").stdout
    assert "aren't in the table" not in cost(region=None).stdout


def test_prices_of_ones_own(tmp_path):
    table = {"regions": {"eu-west-1": {"serverless_gb_second": {"usd": 1, "date": "2027-01-01", "source": "me"}}}}
    mine = tmp_path / "mine.json"
    mine.write_text(json.dumps(table))
    said = cost("--prices", mine, "--region", "eu-west-1", "--memory", "1024", "--duration-ms", "1000").stdout
    assert "$1.000000 per GB-second = $1.00" in said
    assert "2027-01-01  me" in said
    assert "break-even" not in said
    elsewhere = cost("--prices", mine, "--region", "us-west-2")
    assert elsewhere.returncode == 2
    assert "has the prices of eu-west-1, and not those of us-west-2" in elsewhere.stderr


def test_the_region_of_endpoint_toml(tmp_path):
    (tmp_path / "endpoint.toml").write_text('region = "eu-west-1"\n')
    assert "the prices of eu-west-1 aren't in the table" in cost(region=None, folder=tmp_path).stdout


def test_an_instance_that_costs_less_than_what_is_kept_warm():
    said = cost("--memory", "6144", "--provisioned", "2").stdout
    assert re.search(r"ml.t2.medium +\$40.88 a month  cheaper from the first call on", said)
    assert re.search(r"ml.m5.xlarge +\$167.90 a month  851,667 calls a month", said)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--memory", "1500"], "1024, 2048"),
        (["--memory", "much"], "--memory takes a size in MB"),
        (["--compare", "ml.p9.huge"], "ml.p9.huge"),
        (["--duration-ms", "-1"], "duration-ms"),
        (["--duration-ms", "inf"], "may take 60 s"),
        (["--duration-ms", "60001"], "may take 60 s"),
        (["--calls-per-month", "inf"], "calls-per-month"),
        (["--payload-bytes", "8388609"], "8,388,608 together"),
        (["--prices", "/nowhere.json"], "/nowhere.json can't be read"),
        (["--prices", "/etc/hostname"], "isn't a table of prices"),
    ],
)
def test_wrong_usage(arguments, said):
    done = cost(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "listed",
    [{}, [], {"regions": []}, {"regions": {"us-east-1": {}}},
     {"regions": {"us-east-1": {"serverless_gb_second": {"usd": "free", "date": "", "source": ""}}}},
     {"regions": {"us-east-1": {"serverless_gb_second": {"usd": -1, "date": "", "source": ""}}}}],
)  # fmt: skip
def test_a_table_that_is_none(tmp_path, listed):
    file = tmp_path / "prices.json"
    file.write_text(json.dumps(listed))
    done = cost("--prices", file)
    assert done.returncode == 2, done.stderr
    assert str(file) in done.stderr


def test_the_page_shows_what_is_said():
    text = (ROOT / "docs/cost.md").read_text()
    command, shown = re.search(r"```console\n\$ coppice cost (.*?)\n(.*?)```", text, re.DOTALL).groups()
    assert cost(*shlex.split(command)).stdout == shown


def test_the_file_that_the_page_shows_is_taken(tmp_path):
    text = (ROOT / "docs/cost.md").read_text()
    file = tmp_path / "prices.json"
    file.write_text(re.search(r"```json\n(.*?)```", text, re.DOTALL)[1])
    (command,) = re.findall(r"```sh\ncoppice cost --prices prices.json (.*?)\n```", text)
    done = cost("--prices", file, *shlex.split(command))
    assert done.returncode == 0, done.stderr
    assert "our contract" in done.stdout
