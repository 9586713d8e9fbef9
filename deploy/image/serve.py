"""Does the image understand `serve`? SageMaker starts every image as `docker run IMAGE serve`.

Without a model most images end soon, and rightly. So what proves it is one of two things: something answers HTTP on
port 8080, whatever it answers; or `serve` is taken otherwise than a word that means nothing. Python given `serve`
looks for a file of that name, and does the same for any word; an image of ours says that the model is missing.
"""

from __future__ import annotations

import http.client
import re
import secrets
import time
from typing import Final, NamedTuple

from container import contract
from deploy.errors import DeployError, Missing
from deploy.image.checks import PLATFORM
from deploy.image.docker import Docker

WORD: Final = "serve"
NONSENSE: Final = "no-such-program"
SECONDS: Final = 20.0
"""How long a container may take to answer or end. One that does neither is compared all the same."""
_DOCKER_FAILED: Final = 125
_NOT_STARTED: Final = (126, 127)
"""The command can't be run, or can't be found."""
_CONDITIONS: Final = ("--read-only", "--tmpfs", "/tmp", "--user", "65534:65534", "--hostname", "check")  # noqa: S108


class Outcome(NamedTuple):
    """How a container took a word: it answered, or ended with `code`, or (None) did neither; and what it said."""

    answered: bool
    code: int | None
    text: str

    @property
    def last_line(self) -> str:
        """The end of what it said."""
        return (self.text.strip().splitlines() or ["nothing was said"])[-1][:300]

    def like(self, other: Outcome) -> bool:
        """Whether another word was taken in the same way. Times and process numbers may differ."""
        ours, theirs = (re.sub(r"\d+", "0", text.replace(NONSENSE, WORD)) for text in (self.text, other.text))
        return (self.code, ours) == (other.code, theirs)


class ServeCheck:
    """Runs an image as a serverless endpoint would, but without a model."""

    def __init__(self, docker: Docker, seconds: float = SECONDS) -> None:
        self._docker = docker
        self._seconds = seconds

    def run(self, image: str) -> str:
        """A line that says what proves it; raises DeployError where nothing does."""
        outcome = self._try(image, WORD)
        if "exec format error" in outcome.text.lower():
            raise Missing(
                f"This machine can't run {PLATFORM} images, so {image} can't be tried: {outcome.last_line}",
                "Let it emulate them: docker run --privileged --rm tonistiigi/binfmt --install amd64",
            )
        if outcome.code == _DOCKER_FAILED:
            raise DeployError(
                f"Docker couldn't start {image} to try it: {_reason(outcome.text)}",
                f"See for yourself: docker run --rm {image} {WORD}",
            )
        if outcome.answered:
            return "answers on port 8080 when told to serve"
        if outcome.code in _NOT_STARTED or outcome.code == 0 or outcome.like(self._try(image, NONSENSE)):
            raise DeployError(
                f"{image} doesn't know `serve`, the word that SageMaker starts it with: {outcome.last_line}",
                "Its entry point has to be a program that takes the word and listens on port 8080; in the Dockerfile:\n"
                'ENTRYPOINT ["/opt/coppice/bin/python", "-P", "-m", "container"]\n'
                f"See for yourself: docker run --rm {image} serve",
            )
        return f"knows `serve`; without a model: {outcome.last_line[:80]}"

    def _try(self, image: str, word: str) -> Outcome:
        name = f"coppice-check-{secrets.token_hex(4)}"
        try:
            started = self._docker.ask(
                *("run", "--detach", "--name", name, "--platform", PLATFORM, *_CONDITIONS),
                *("--publish", f"127.0.0.1::{contract.PORT}", image, word),
            )
            return Outcome(False, started.code, started.text) if started.code else self._watch(name)
        finally:
            self._docker.ask("rm", "--force", "--volumes", name)

    def _watch(self, name: str) -> Outcome:
        end = time.monotonic() + self._seconds
        while True:
            running, code = self._docker.ask(
                "inspect", "--format", "{{.State.Running}} {{.State.ExitCode}}", name
            ).out.split()
            if running == "false":
                return Outcome(False, int(code), self._logs(name))
            if self._answers(name):
                return Outcome(True, None, "")
            if time.monotonic() > end:
                return Outcome(False, None, self._logs(name))
            time.sleep(0.2)

    def _logs(self, name: str) -> str:
        answer = self._docker.ask("logs", name)
        return answer.out + answer.err

    def _answers(self, name: str) -> bool:
        address = self._docker.ask("port", name, str(contract.PORT)).out.split()
        if not address:
            return False
        caller = http.client.HTTPConnection(address[0], timeout=2)
        try:
            caller.request("GET", contract.PING_PATH)
            caller.getresponse()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            caller.close()
        return True


def _reason(text: str) -> str:
    """What docker said, without the advice below it."""
    return text.strip().partition("\n\n")[0][:300] or "it said nothing"
