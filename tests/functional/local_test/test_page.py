"""The emulator's page in a browser, with real clicks, over containers that run the Python they are sent."""

from __future__ import annotations

import json
import re
from threading import Thread

import pytest
from browser import PHONE, barriers, tab_to, too_wide
from endpoints import REGION
from page_stage import page_stage
from playwright.sync_api import expect
from waiting import until

from local_test.emulator.store import Key, Kind

expect.set_options(timeout=60_000)  # milliseconds; only what never comes takes so long
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def module_stage(tmp_path_factory):
    with page_stage(tmp_path_factory.mktemp("stage")) as stage:
        yield stage


@pytest.fixture
def stage(module_stage):
    yield module_stage
    module_stage.emulator.reset()


@pytest.fixture
def shown(stage, browser):
    """The page, over an endpoint `houses`."""
    stage.up("houses", concurrency=3)
    page = browser.open(stage.address)
    expect(page.get_by_text("InService", exact=True)).to_be_visible()
    return page


def card(page, name):
    return page.get_by_role("article", name=f"Endpoint {name}")


def instances(page, name="houses"):
    return page.get_by_role("list", name=f"Instances of {name}").get_by_role("listitem")


def attempt(page, code, name="houses"):
    """Write it into the card's text and click on Try."""
    body = page.get_by_role("textbox", name=f"What to send to {name}")
    if not body.is_visible():
        card(page, name).get_by_text("Try it").click()
    body.fill(code)
    card(page, name).get_by_role("button", name="Try").click()


def answer(page, name="houses"):
    return page.get_by_label(f"Answer of {name}")


def test_without_an_endpoint_it_says_what_to_type(stage, browser):
    page = browser.open(stage.address)
    expect(page.get_by_role("heading", name="Nothing runs here yet")).to_be_visible()
    page.get_by_role("button", name="Copy the command").click()
    expect(page.get_by_role("status")).to_have_text("Copied the command.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("coppice deploy --name houses --model model.tar.gz --image coppice:latest")
    page.get_by_role("button", name="Copy the lines for a terminal").click()
    expect(page.get_by_role("button", name="Copy the lines for a terminal")).to_be_visible()
    assert f"export AWS_ENDPOINT_URL={stage.address}\n" in page.evaluate("navigator.clipboard.readText()")
    expect(page.get_by_text("CPU share").first).to_be_visible()
    assert barriers(page) == []


def test_an_endpoint_appears_starts_works_rests_and_goes(stage, browser, tmp_path):
    page = browser.open(stage.address)
    expect(page.get_by_role("heading", name="Nothing runs here yet")).to_be_visible()
    begin, go = tmp_path / "begin", tmp_path / "go"
    wait = "while not os.path.exists({!r}): time.sleep(0.01)"
    stage.create("houses", wait.format(str(begin)), concurrency=3)
    expect(card(page, "houses").get_by_text("Creating", exact=True)).to_be_visible()
    expect(card(page, "houses").get_by_role("button", name="Try")).to_be_disabled()
    expect(instances(page).get_by_text("cold start")).to_be_visible()
    begin.touch()
    expect(card(page, "houses").get_by_text("InService", exact=True)).to_be_visible()
    expect(page.get_by_text("Scaled to zero")).to_be_visible()
    expect(page.get_by_text("0 of 3 busy")).to_be_visible()

    call = Thread(target=stage.ask, args=("houses", wait.format(str(go))))
    call.start()
    expect(instances(page).get_by_text("busy")).to_be_visible()
    expect(page.get_by_text("1 of 3 busy")).to_be_visible()
    begin.unlink()
    other = Thread(target=stage.ask, args=("houses", "answer = 1"))
    other.start()
    expect(instances(page)).to_have_count(2)
    expect(instances(page).get_by_text("cold start")).to_be_visible()
    begin.touch()
    go.touch()
    call.join()
    other.join()
    expect(instances(page).get_by_text("idle")).to_have_count(2)

    stage.client("sagemaker").delete_endpoint(EndpointName="houses")
    expect(page.get_by_role("heading", name="Nothing runs here yet")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("houses is deleted.")


def test_memory_against_its_limit_is_live(stage, shown):
    stage.ask("houses", "answer = 1")
    meter = shown.get_by_role("meter", name="Memory of instance")
    expect(meter).to_have_attribute("aria-valuemax", "1024")
    before = int(meter.get_attribute("aria-valuenow"))
    assert 0 < before < 200
    stage.ask("houses", "sys.kept = b'x' * (300 << 20)")
    until(lambda: int(meter.get_attribute("aria-valuenow")) > before + 290)
    stage.ask("houses", "del sys.kept")
    until(lambda: int(meter.get_attribute("aria-valuenow")) < before + 100)
    peak = int(meter.get_attribute("aria-valuetext").rpartition(" ")[2])
    assert peak > before + 290
    expect(instances(shown).get_by_text(f"of 1024 MB · peak {peak}")).to_be_visible()
    width = "element => element.children[0].getBoundingClientRect().width / element.getBoundingClientRect().width"
    assert meter.evaluate(width) == pytest.approx(int(meter.get_attribute("aria-valuenow")) / 1024, abs=0.05)


def test_try_calls_and_shows_the_answer_and_its_report(stage, shown):
    attempt(shown, "answer = {'a': 6 * 7}")
    expect(answer(shown)).to_have_text("{'a': 42}")
    expect(card(shown, "houses").get_by_text("200, ")).to_be_visible()
    line = shown.get_by_label("REPORT line of this call")
    expect(line).to_contain_text("cold init")
    until(lambda: line.text_content() in stage.reports("houses"))
    calls = shown.get_by_role("list", name="Calls").get_by_role("listitem")
    expect(calls).to_have_count(1)
    expect(calls.locator("code")).to_have_text(line.text_content())
    expect(calls.get_by_text("cold start")).to_be_visible()

    attempt(shown, "handler.say(500, b'no')")
    expect(card(shown, "houses").get_by_text("424 ModelError, ")).to_be_visible()
    expect(answer(shown)).to_contain_text('"OriginalMessage": "no"')
    expect(calls.first.get_by_text("failed")).to_be_visible()


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("1.0", "1.0"),
        ('{"a":[12345678901234567890,{}],"b\\",c:":[]}', '{"a": [12345678901234567890, {}], "b\\",c:": []}'),
        ("a,1.0", "a,1.0"),
        ("", "(an empty answer)"),
    ],
)
def test_an_answer_is_shown_to_the_digit_and_read_aloud(stage, shown, said, seen):
    attempt(shown, f"handler.say(200, {said.encode()!r})")
    expect(answer(shown)).to_be_visible()
    text = answer(shown).text_content()
    assert re.sub(r"\n *", "", re.sub(r",\n *", ", ", text)) == seen
    expect(shown.locator("#said")).to_have_text(f"Answer of houses: {text}")
    assert barriers(shown) == []


def test_calls_are_filtered_by_endpoint(stage, shown):
    stage.up("flats")
    for name in ("houses", "flats", "houses"):
        stage.ask(name, "answer = 1")
    calls = shown.get_by_role("list", name="Calls").get_by_role("listitem")
    expect(calls).to_have_count(3)
    shown.get_by_label("Endpoint", exact=True).select_option("flats")
    expect(calls).to_have_count(1)
    expect(calls).to_contain_text("flats")
    shown.get_by_label("Endpoint", exact=True).select_option("all")
    expect(calls).to_have_count(3)


def test_the_keyboard_is_enough(stage, shown):
    shown.keyboard.press("Tab")
    expect(shown.get_by_text("Skip to the endpoints")).to_be_in_viewport()
    shown.keyboard.press("Enter")
    tab_to(shown, "What to send to houses")
    shown.keyboard.press("ControlOrMeta+a")
    shown.keyboard.type("answer = 6 * 7")
    shown.keyboard.press("ControlOrMeta+Enter")
    expect(answer(shown)).to_have_text("42")
    shown.keyboard.press("ControlOrMeta+a")
    shown.keyboard.type("answer = 6 * 8")
    tab_to(shown, "Try")
    shown.keyboard.press("Enter")
    expect(answer(shown)).to_have_text("48")
    expect(shown.get_by_role("button", name="Try")).to_be_focused()


def test_what_is_being_typed_stays(stage, shown):
    body = shown.get_by_role("textbox", name="What to send to houses")
    body.fill("answer = 1")
    stage.up("flats")
    expect(card(shown, "flats").get_by_text("InService", exact=True)).to_be_visible()
    expect(body).to_have_value("answer = 1")
    expect(body).to_be_focused()


def test_what_others_say_never_becomes_markup(stage, shown, browser):
    attempt(shown, f"answer = {HOSTILE!r}")
    expect(answer(shown)).to_have_text(HOSTILE)
    attempt(shown, f"handler.say(500, {HOSTILE!r}.encode())")
    expect(answer(shown)).to_contain_text(f'"OriginalMessage": "{HOSTILE}"')
    stage.create("broken", f"sys.exit({HOSTILE!r})")
    assert stage.settled("broken")[0] == "Failed"
    expect(card(shown, "broken").get_by_text(HOSTILE)).to_be_visible()

    told = json.loads(stage.fetch("/_coppice/status")[1])
    told["trouble"] = HOSTILE
    told["emulator"] = dict.fromkeys(told["emulator"], HOSTILE) | {"not_enforced": [HOSTILE], "idle_seconds": 1}
    for endpoint in told["endpoints"]:
        endpoint |= {"name": HOSTILE, "status": HOSTILE, "reason": HOSTILE, "region": HOSTILE}
        endpoint["instances"] = [one | {"id": HOSTILE, "variant": HOSTILE} for one in endpoint["instances"]]
        endpoint["variants"] = [{**one, "name": HOSTILE} for one in endpoint["variants"] * 2]
    for report in told["reports"]:
        report |= {"endpoint": HOSTILE, "line": HOSTILE, "kind": HOSTILE, "region": HOSTILE}
    job = dict.fromkeys(("kind", "name", "region", "status", "step", "reason"), HOSTILE)
    told["jobs"] = [job | {"created": 1, "ended": 2}]
    shown.route("**/_coppice/status", lambda route: route.fulfill(json=told))
    expect(shown.locator("#jobs").get_by_text(HOSTILE).first).to_be_visible()
    expect(shown.locator("img")).to_have_count(0)
    refused = "try { document.body.innerHTML = '<b>x</b>' } catch (error) { error.name }"
    assert shown.evaluate(refused) == "TypeError"
    browser.complaints.clear()  # the one that was just provoked


def test_an_endpoint_that_failed_and_one_that_takes_no_such_calls(stage, shown):
    stage.create("broken", "sys.exit('no model here')")
    assert stage.settled("broken")[0] == "Failed"
    expect(card(shown, "broken").get_by_text("no model here")).to_be_visible()
    expect(card(shown, "broken").get_by_text("No instance runs")).to_be_visible()
    expect(card(shown, "broken").get_by_text("Try it")).to_be_hidden()
    queue = {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/out"}}}
    stage.emulator._store.change(Key(Kind.ENDPOINT, REGION, "houses"), lambda document: document.update(queue))
    expect(card(shown, "houses").get_by_text("It takes asynchronous calls only")).to_be_visible()
    expect(card(shown, "houses").get_by_role("button", name="Try")).to_be_disabled()


def test_only_what_serves_waits_for_a_call(stage, shown):
    expect(shown.get_by_text("Scaled to zero")).to_be_visible()
    told = json.loads(stage.fetch("/_coppice/status")[1])
    told["endpoints"][0]["status"] = "Deleting"
    shown.route("**/_coppice/status", lambda route: route.fulfill(json=told))
    expect(card(shown, "houses").get_by_text("Deleting", exact=True)).to_be_visible()
    expect(shown.get_by_text("Scaled to zero")).to_have_count(0)


def test_an_emulator_that_is_gone_is_said_to_be_where_it_was_asked(stage, shown, browser):
    shown.route("**/invocations", lambda route: route.abort())
    attempt(shown, "answer = 1")
    expect(answer(shown)).to_contain_text("The emulator can't be reached")
    browser.complaints.clear()  # Chromium's own, of the connection


def test_real_time_and_provisioned_instances(stage, shown):
    sagemaker = stage.client("sagemaker")
    serverless = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 4, "ProvisionedConcurrency": 1}}
    variants = {"warm": serverless, "large": {"InstanceType": "ml.m5.large", "InitialInstanceCount": 2}}
    for name, members in variants.items():
        variant = {"VariantName": "AllTraffic", "ModelName": "houses", **members}
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    assert [stage.settled(name)[0] for name in variants] == ["InService"] * 2
    expect(card(shown, "warm").get_by_text("2048 MB · 0 of 4 busy · 1 kept warm")).to_be_visible()
    expect(instances(shown, "warm").get_by_text("provisioned")).to_be_visible()
    expect(card(shown, "large").get_by_text("real-time · 2 instances")).to_be_visible()
    expect(instances(shown, "large").get_by_text("no limit here")).to_have_count(2)
    expect(card(shown, "large").get_by_role("meter")).to_have_count(0)


def test_jobs(stage, shown):
    job = {"TrainingJobName": "fit-1", "TrainingJobStatus": "Failed", "CreationTime": 1000.0, "TrainingEndTime": 1083.0}
    stage.emulator._store.put(Key(Kind.TRAINING_JOB, REGION, "fit-1"), {**job, "FailureReason": "no such column"})
    row = shown.locator("#jobs").get_by_role("listitem")
    expect(row).to_contain_text(f"training job, {REGION}, 1 min 23 s")
    expect(row).to_contain_text("no such column")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, 1280], ids=["phone", "desktop"])
def test_nobody_is_kept_out(stage, browser, width, dark):
    stage.up("houses-with-a-name-that-is-as-long-as-sagemaker-lets-names-be-0")
    stage.create("broken", "sys.exit('x' * 300)")
    assert stage.settled("broken")[0] == "Failed"
    name = "houses-with-a-name-that-is-as-long-as-sagemaker-lets-names-be-0"
    page = browser.open(stage.address, width=width, dark=dark)
    expect(page.get_by_text("Failed", exact=True)).to_be_visible()
    attempt(page, "answer = 'x' * 2000", name)
    expect(answer(page, name)).to_be_visible()
    attempt(page, f"handler.say(500, b'{'y' * 400}')", name)
    expect(card(page, name).get_by_text("424 ModelError, ")).to_be_visible()
    assert (barriers(page), too_wide(page)) == ([], [])
