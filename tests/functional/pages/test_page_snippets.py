"""The calls that the page shows do what they say: they are run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import page_models
import pytest
from page_models import ENDS_SCRIPT, HOSTILE

ROW = f'"{HOSTILE}": 1.50, "it\'s": -0.0,\n   "{ENDS_SCRIPT}": 12345678901234567890'
BODIES = {
    "JSON": f'{{"instances": [\n  {{{ROW}}}\n]}}',
    "CSV": "1.5,2,3\n'4',\"5\",$HOME `x` \\n %s\n\n",
    "JSON Lines": '["Zürich 🌳\\n  \\"", "it\'s", "\u007f\u2028"]\n[1]\n',
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[tuple[str, list[tuple[str, str, bytes]]]]:
    """An address for AWS's clients, and what was sent there: path, Content-Type, body."""
    came = []

    class Keeps(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.append((self.path, self.headers["Content-Type"], body))
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"[1.5]")

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keeps)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", came
    server.shutdown()
    server.server_close()


def environment(address: str) -> dict[str, str]:
    account = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "eu-west-1"}
    return {**os.environ, **account, "AWS_ENDPOINT_URL": address, "AWS_EC2_METADATA_DISABLED": "true", "HOME": "/tmp"}


def snippet(page: Any, client: str) -> str:
    page.get_by_role("radio", name=client, exact=True).check()
    return page.locator("#snippet").text_content()


def run(*command: str, **options: Any) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def sent(format_: str) -> bytes:
    """The body as it should arrive: JSON without its line breaks, to the digit; the others as they are."""
    body = BODIES[format_]
    return (re.sub(r"\n *", " ", body) if format_ == "JSON" else body).encode()


def test_curl_gets_what_the_page_got(browser, serve, tmp_path):
    page = browser.open(serve(page_models.hostile))
    page.get_by_label("Rows to predict").fill(BODIES["JSON"])
    page.get_by_role("button", name="Try").click()
    page.wait_for_selector("#answer pre")
    said = json.loads(run("bash", "-c", snippet(page, "curl"), cwd=tmp_path))
    assert said == json.loads(page.locator("#answer pre").text_content())
    assert said["predictions"]


@pytest.mark.parametrize("format_", BODIES)
@pytest.mark.parametrize("client", ["boto3", "AWS CLI"])
def test_awss_clients_send_the_body_as_it_is(browser, serve, endpoint, client, format_):
    if client == "AWS CLI" and not shutil.which("aws"):
        if os.environ.get("COPPICE_REQUIRE_DOCKER"):
            pytest.fail("This test must run here, but there is no aws command.")
        pytest.skip("needs the aws command")
    address, came = endpoint
    page = browser.open(serve(page_models.hostile))
    page.get_by_role("radio", name=format_, exact=True).check()
    page.get_by_label("Rows to predict").fill(BODIES[format_])
    page.get_by_role("radio", name=client, exact=True).check()
    page.get_by_label("Endpoint").fill("house-prices")
    text = snippet(page, client)
    command = [sys.executable, "-c", text] if client == "boto3" else ["bash", "-c", text]
    assert run(*command, env=environment(address)).startswith("[1.5]")
    types = {"JSON": "application/json", "CSV": "text/csv", "JSON Lines": "application/jsonlines"}
    assert came[-1] == ("/endpoints/house-prices/invocations", types[format_], sent(format_))


def test_curl_sends_other_formats_as_they_are(browser, serve, endpoint):
    address, came = endpoint
    page = browser.open(serve(page_models.hostile))
    for format_ in ("CSV", "JSON Lines"):
        page.get_by_role("radio", name=format_, exact=True).check()
        page.get_by_label("Rows to predict").fill(BODIES[format_])
        run("bash", "-c", snippet(page, "curl").replace(page.url, f"{address}/"))
        assert came[-1][2] == sent(format_)


@pytest.mark.parametrize("name", ["it's; rm -rf x", '"; import os #', "ü"])
def test_an_endpoints_name_stays_one_word(browser, serve, endpoint, name):
    page = browser.open(serve(page_models.hostile))
    page.get_by_role("radio", name="boto3").check()
    page.get_by_label("Endpoint").fill(name)
    code = snippet(page, "boto3").replace("boto3.client", "print").replace("runtime.invoke_endpoint(", "dict(")
    code = code.replace("import boto3", "").partition("print(answer")[0] + "print(answer['EndpointName'])"
    assert run(sys.executable, "-c", code).splitlines()[-1] == name
    words = snippet(page, "AWS CLI").replace("|\n  aws", "| printf '[%s]' aws")
    assert f"[--endpoint-name][{name}][--content-type]" in run("bash", "-c", words)


def test_copy_puts_it_on_the_clipboard(browser, serve):
    page = browser.open(serve(page_models.named))
    text = snippet(page, "curl")
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == text
    assert page.get_by_label("Endpoint").is_hidden(), "curl asks this server"
