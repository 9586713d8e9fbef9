"""The page over real models in a real `coppice local up`, from the example that was packed to the answer; the pictures
in docs/images are of this."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import joblib
import numpy as np
import pandas as pd
import pytest
from botocore.exceptions import ClientError
from browser import PHONE, barriers, keep_picture, too_wide
from endpoints import REGION, Endpoints
from local_emulator import Local
from page_stage import IMAGE
from playwright.sync_api import expect
from sklearn.ensemble import RandomForestRegressor

from container.packing.pack import Code, pack

SCRIPT = """
import os, time
from pathlib import Path

signs = Path(os.environ["BEFORE"])
while (signs / "hold").exists():
    time.sleep(0.01)

def predict_fn(rows, model):
    while not (signs / "go").exists():
        time.sleep(0.01)
    return model.predict(rows)
"""
"""Starts unless there is one file, and answers once there is another."""
COLUMNS = ["MedInc", "HouseAge", "AveRooms", "Latitude", "Longitude"]


class Story(NamedTuple):
    """Two endpoints, of a forest and of the forest behind the script."""

    endpoints: Endpoints
    signs: Path
    expected: float
    """The forest's answer to the example that was packed with it."""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder, signs = tmp_path_factory.mktemp("models"), tmp_path_factory.mktemp("signs")
    chance = np.random.default_rng(0)
    rows = pd.DataFrame(chance.uniform([1, 1, 3, 33, -124], [9, 50, 8, 41, -115], (200, 5)).round(2), columns=COLUMNS)
    forest = RandomForestRegressor(n_estimators=100, random_state=0).fit(rows, rows["MedInc"] / 2)
    joblib.dump(forest, folder / "model.joblib")
    rows[:3].to_csv(folder / "rows.csv", index=False)
    (folder / "scripts").mkdir()
    (folder / "scripts" / "inference.py").write_text(SCRIPT)
    pack(folder / "model.joblib", folder / "houses", folder / "rows.csv")
    (signs / "go").touch()
    pack(folder / "model.joblib", folder / "nightly", given=Code(folder / "scripts"), names=COLUMNS)

    local = Local(tmp_path_factory.mktemp("emulator"))
    endpoints = Endpoints(local.up("--backend", "process")["address"], IMAGE)
    s3 = endpoints.client("s3")
    s3.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": REGION})
    for name in ("houses", "nightly"):
        s3.upload_file(str(folder / name), "models", name)
    endpoints.up("houses", model_url="s3://models/houses", memory_mb=2048)
    endpoints.up("nightly", str(signs), model_url="s3://models/nightly", concurrency=2)
    yield Story(endpoints, signs, forest.predict(rows[:1])[0])
    local.down()


@pytest.fixture
def page(story, browser):
    page = browser.open(story.endpoints.address)
    page.get_by_role("article", name="Endpoint houses").get_by_text("Try it").click()
    expect(page.get_by_label("What to send to houses")).to_have_value(re.compile("MedInc"))
    return page


def test_the_packed_example_is_what_can_be_tried(story, page):
    sent, kinds = page.get_by_label("What to send to houses"), page.get_by_label("Send as").first
    answers = {"CSV": f"[ {story.expected} ]", "JSON": f'{{ "predictions": [ {story.expected} ] }}'}
    for kind, answer in answers.items():
        kinds.select_option(kind)
        expect(sent).to_have_value(re.compile("MedInc"))
        page.get_by_role("button", name="Try").first.click()
        expect(page.get_by_label("Answer of houses")).to_have_text(answer)
    sent.fill("mine")
    kinds.select_option("JSON Lines")
    expect(sent).to_have_value("mine")


def test_only_a_script_knows_what_it_takes(story, page):
    nightly = page.get_by_role("article", name="Endpoint nightly")
    nightly.get_by_text("Try it").click()
    expect(nightly.get_by_text("A script answers here")).to_be_visible()


def test_pictures(story, page, browser, tmp_path):
    ask = (story.endpoints.ask, "nightly", "5.04,14.22,3.2,33.13,-116.68\n", "text/csv")
    (story.signs / "go").unlink()
    with ThreadPoolExecutor() as threads:
        try:
            threads.submit(*ask)
            nightly = page.get_by_role("list", name="Instances of nightly")
            expect(nightly.get_by_text("busy", exact=True)).to_be_visible()
            (story.signs / "hold").touch()
            threads.submit(*ask)
            expect(nightly.get_by_text("cold start")).to_be_visible()
            with pytest.raises(ClientError, match="Throttling"):
                ask[0](*ask[1:])
            for _ in range(2):
                page.get_by_role("button", name="Try").first.click()
                expect(page.get_by_label("Answer of houses")).to_contain_text("predictions")
            expect(page.get_by_text("throttled").first).to_be_visible()
            keep_picture(page, "emulator", tmp_path)
            phone = browser.open(story.endpoints.address, width=PHONE, height=740, dark=True)
            expect(phone.get_by_text("cold start").first).to_be_visible()
            assert (too_wide(phone), barriers(phone)) == ([], [])
            keep_picture(phone, "emulator-phone", tmp_path)
        finally:
            (story.signs / "hold").unlink(missing_ok=True)
            (story.signs / "go").touch()
