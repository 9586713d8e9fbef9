"""What proves that an image knows `serve`, from how containers end."""

from __future__ import annotations

import http.server
import threading

import pytest
from fake_docker import FakeDocker

from deploy.errors import DeployError, Missing
from deploy.image.docker import Answer
from deploy.image.serve import NONSENSE, ServeCheck

RUNS = "runs on"


class Engine(FakeDocker):
    """Containers that end as `ends` says for their word: (exit code or RUNS, text); 12x codes at the start."""

    def __init__(self, serve, nonsense, address=""):
        super().__init__()
        self.ends, self.word, self.address = {"serve": serve, NONSENSE: nonsense}, "", address
        self.answer = self.reply

    def reply(self, verb, *arguments):
        if verb == "run":
            self.word = arguments[-1]
            code, text = self.ends[self.word]
            return Answer(code, "", text) if code in (125, 126, 127) else Answer(0, "id", "")
        code, text = self.ends[self.word]
        answers = {
            "inspect": "true 0" if code == RUNS else f"false {code}",
            "logs": text,
            "port": self.address,
        }
        return Answer(0, answers.get(verb, ""), "")

    @property
    def started(self):
        return [command for command in self.done if command[0] == "run"]


@pytest.mark.parametrize(
    ("serve", "nonsense"),
    [
        ((1, "There is no model."), (2, "This image runs `serve`; it was asked for no-such-program.")),
        ((1, ""), (2, "")),
        ((1, "no model"), (127, "no-such-program: executable file not found in $PATH")),
        ((RUNS, "loading"), (2, "what?")),
    ],
)
def test_serve_is_taken_otherwise_than_a_word_without_meaning(serve, nonsense):
    engine = Engine(serve, nonsense)
    assert "knows `serve`" in ServeCheck(engine, seconds=0).run("coppice:1")
    names = [command[command.index("--name") + 1] for command in engine.started]
    assert [command[-1] for command in engine.done if command[0] == "rm"] == names, "each is removed"
    for command in engine.started:
        assert {"--read-only", "65534:65534", "linux/amd64"} <= set(command)


@pytest.mark.parametrize(
    ("serve", "nonsense"),
    [
        ((127, 'exec: "serve": executable file not found in $PATH'), (127, "")),
        ((126, "permission denied"), (2, "")),
        ((0, "serve"), (0, "no-such-program")),
        ((0, "bye"), (2, "what?")),
        ((2, "python: can't open file '/serve'"), (2, "python: can't open file '/no-such-program'")),
        ((1, "12:01 pid 7: no"), (1, "12:02 pid 9: no")),
        ((RUNS, ""), (RUNS, "")),
    ],
)
def test_an_image_that_does_not_know_the_word_is_refused(serve, nonsense):
    with pytest.raises(DeployError, match="doesn't know `serve`") as caught:
        ServeCheck(Engine(serve, nonsense), seconds=0).run("mine:1")
    assert "docker run --rm mine:1 serve" in caught.value.hint
    assert serve[1] in caught.value.message


def test_what_docker_cannot_start_says_nothing_about_the_image():
    said = "docker: Error response from daemon: no bridge docker0.\n\nRun 'docker run --help' for more information"
    with pytest.raises(DeployError, match="no bridge docker0") as caught:
        ServeCheck(Engine((125, said), (125, said)), seconds=0).run("mine:1")
    assert "doesn't know" not in caught.value.message


@pytest.mark.parametrize("status", [200, 404, 503])
def test_an_answer_on_the_port_is_proof_enough(status):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        engine = Engine((RUNS, ""), (RUNS, ""), f"127.0.0.1:{server.server_port}\n")
        assert "port 8080" in ServeCheck(engine, seconds=0).run("mine:1")
        assert len(engine.started) == 1
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("code", [1, 126])
def test_a_machine_that_cannot_run_amd64_is_told_how_to(code):
    text = "exec /usr/bin/python: exec format error"
    with pytest.raises(Missing, match="can't run linux/amd64") as caught:
        ServeCheck(Engine((code, text), (code, text)), seconds=0).run("coppice:1")
    assert "binfmt" in caught.value.hint
