"""The emulator's address is a page's for browsers and S3's for programs; and who may ask what."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest
from endpoints import REGION
from page_stage import BROWSER, page_stage

SIGNED = f"AWS4-HMAC-SHA256 Credential=page/20260101/{REGION}/sagemaker/aws4_request, SignedHeaders=host, Signature=0"
INVOKE = "/endpoints/houses/invocations"


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with page_stage(tmp_path_factory.mktemp("stage")) as stage:
        stage.client("s3").create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": REGION})
        stage.up("houses")
        yield stage


def test_a_browser_gets_the_page(stage):
    for path in ("/", "/_coppice/"):
        status, text = stage.fetch(path, **BROWSER)
        assert (status, "<title>Coppice local</title>" in text) == (200, True)
    assert stage.fetch("/_coppice/")[0] == 200
    assert stage.fetch("/_coppice/", "POST")[0] == 405


def test_programs_get_their_buckets(stage):
    assert [bucket["Name"] for bucket in stage.client("s3").list_buckets()["Buckets"]] == ["models"]
    assert "<Name>models</Name>" in stage.fetch("/", Accept="*/*")[1]
    assert "<Name>models</Name>" in stage.fetch("/")[1]


def test_the_aws_cli_gets_its_buckets(stage):
    if shutil.which("aws") is None:
        pytest.skip("needs the aws command")
    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_EC2_METADATA_DISABLED": "true"}
    for unsigned in ([], ["--no-sign-request"]):
        command = ["aws", "--endpoint-url", stage.address, "--region", REGION, *unsigned, "s3", "ls"]
        done = subprocess.run(command, env=os.environ | keys, capture_output=True, text=True, timeout=120, check=True)
        assert done.stdout.split()[-1] == "models"


def test_a_buckets_own_address_is_no_page(stage):
    status, text = stage.fetch("/", **BROWSER, Host=f"models.localhost:{stage.address.rpartition(':')[2]}")
    assert (status, "<Name>models</Name>" in text) == (200, True)


def test_the_page_may_look_and_call_and_others_may_not(stage):
    calls = {"Authorization": SIGNED, "Content-Type": "text/plain", "body": b"answer = 1 + 1"}
    assert stage.fetch(INVOKE, "POST", **calls, Origin=stage.address, Sec_Fetch_Site="same-origin") == (200, "2")
    assert stage.fetch(INVOKE, "POST", **calls, Origin="http://elsewhere.example")[0] == 403
    assert stage.fetch(INVOKE, "POST", **calls, Sec_Fetch_Site="cross-site")[0] == 403

    assert stage.fetch("/_coppice/status", Sec_Fetch_Site="same-origin", Referer=f"{stage.address}/")[0] == 200
    for path in ("/", "/_coppice/", "/_coppice/status", "/_coppice/example"):
        assert stage.fetch(path, **BROWSER | {"Sec-Fetch-Site": "cross-site"})[0] == 403
    for page in (stage.address, "http://localhost:3000"):
        assert stage.fetch("/_coppice/status", Origin=page)[0] == 403
        assert stage.fetch("/_coppice/reset", "POST", Origin=page)[0] == 403
    assert stage.settled("houses") == ("InService", "")


def test_what_the_page_asks_for(stage):
    stage.ask("houses", "answer = 1")
    status = json.loads(stage.fetch("/_coppice/status")[1])
    about = status["emulator"]
    assert (about["address"], about["backend"], about["state"]) == (stage.address, "process", None)
    assert "CPU share" in about["not_enforced"]
    [endpoint] = status["endpoints"]
    assert (endpoint["name"], endpoint["status"], endpoint["reason"]) == ("houses", "InService", None)
    instance = endpoint["instances"][-1]
    assert 0 < instance["memory_now_bytes"] <= instance["memory_bytes"] < instance["memory_mb"] << 20
    report = status["reports"][-1]
    assert (report["endpoint"], report["region"], report["kind"]) == ("houses", REGION, "warm")
    assert report["line"].startswith(f"REPORT {report['request_id']}  duration ")
    example = json.loads(stage.fetch(f"/_coppice/example?region={REGION}&endpoint=houses")[1])
    assert "write a row of yours" in example["note"]
    assert "write a row of yours" in json.loads(stage.fetch("/_coppice/example")[1])["note"]
