"""The report of `coppice tune` in a browser: on a desktop, on a phone, in the dark and on paper."""

from __future__ import annotations

import json
import os
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from browser import DESKTOP, PHONE, barriers, keep_picture, too_wide
from local_emulator import Local
from playwright.sync_api import expect
from sklearn.ensemble import RandomForestRegressor

from container.packing.pack import pack
from deploy.tune.report.page import render

PAPER = 700
"""A4 between its margins, in CSS pixels."""
COLUMNS = ["MedInc", "HouseAge", "AveRooms", "Latitude", "Longitude"]


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    """Of a real measurement; for the pictures of the documents in containers, where Docker has the image."""
    folder = tmp_path_factory.mktemp("tuned")
    random = np.random.default_rng(0)
    rows = pd.DataFrame(random.uniform([1, 1, 3, 33, -124], [9, 50, 8, 41, -115], (2000, 5)).round(2), columns=COLUMNS)
    forest = RandomForestRegressor(n_estimators=100, random_state=0).fit(rows, rows["MedInc"] / 2)
    joblib.dump(forest, folder / "model.joblib")
    rows[:3].to_csv(folder / "rows.csv", index=False)
    pack(folder / "model.joblib", folder / "model.tar.gz", folder / "rows.csv")
    how = (
        [] if os.environ.get("COPPICE_SCREENSHOTS") else ["--backend", "process", "--calls", "12", "--cold-starts", "2"]
    )
    local = Local(tmp_path_factory.mktemp("emulator"))
    local.environment["AWS_DEFAULT_REGION"] = "us-east-1"
    local.run("coppice", "tune", "--model", "model.tar.gz", "--concurrency", "1,2,8", *how, cwd=folder)
    return folder / "tune" / "report.html"


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_everybody_can_read_it(browser, report, width, dark):
    page = browser.open(report.as_uri(), width, dark=dark)
    assert barriers(page) == []
    assert too_wide(page) == []
    for drawing in page.locator("main svg[role=img]").all():
        box = drawing.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_letters_in_drawings_can_be_read_on_a_phone(browser, report):
    page = browser.open(report.as_uri(), PHONE)
    smallest = page.evaluate(
        "() => Math.min(...[...document.querySelectorAll('main svg[role=img] text')]"
        ".map(text => text.getBoundingClientRect().height))"
    )
    assert smallest >= 8


def test_no_label_is_cut_off(browser, report):
    page = browser.open(report.as_uri())
    cut = page.evaluate(
        """() => [...document.querySelectorAll("main svg[role=img] text")].filter(text => {
          const [inner, outer] = [text.getBoundingClientRect(), text.closest("section").getBoundingClientRect()];
          return inner.left < outer.left || inner.right > outer.right + 1;
        }).map(text => text.textContent)"""
    )
    assert cut == []


def test_it_says_what_results_json_says(browser, report):
    found = json.loads(report.with_name("results.json").read_text())
    page = browser.open(report.as_uri())
    sentence = found["recommendation"]["sentence"]
    assert page.locator(".answer").inner_text().replace("\N{NO-BREAK SPACE}", " ") == sentence
    rows = page.get_by_role("table").first.get_by_role("row")
    expect(rows).to_have_count(1 + len(found["sizes"]))
    chosen = page.get_by_role("row").filter(has_text="recommended")
    expect(chosen).to_contain_text(f"{found['recommendation']['memory_mb']} MB")
    for name in ("Latency against cost", "What a cold start is made of", "Memory against the limit"):
        expect(page.get_by_role("img", name=name)).to_be_visible()


def test_on_paper_nothing_is_lost(browser, report, tmp_path):
    page = browser.open(report.as_uri())
    page.emulate_media(media="print")
    assert too_wide(page) == []
    page.pdf(path=tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").stat().st_size > 10_000


def test_on_paper_a_long_reason_is_there_and_the_night_is_not(browser, report, tmp_path):
    found = json.loads(report.with_name("results.json").read_text())
    found["sizes"][0] |= {"fits": False, "why_not": "its peak of 1000 MB leaves less than 20% headroom " * 3}
    (tmp_path / "report.html").write_text(render(found))
    page = browser.open((tmp_path / "report.html").as_uri(), PAPER, dark=True)
    page.emulate_media(media="print")
    assert too_wide(page) == []
    assert page.locator(".answer").evaluate("answer => getComputedStyle(answer).color") == "rgb(29, 36, 32)"


def test_pictures(browser, report, tmp_path):
    for name, width in (("tune", DESKTOP), ("tune-phone", PHONE)):
        page = browser.open(report.as_uri(), width)
        assert keep_picture(page, name, tmp_path).stat().st_size > 20_000
