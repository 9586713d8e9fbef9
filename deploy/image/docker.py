"""The docker command: the only place that runs it. Its own words reach people, because users complain of tools that
hide them; a missing command and a sleeping engine are told apart from a failure."""

from __future__ import annotations

import json
import shlex
import subprocess
from typing import Any, Final, NamedTuple

from deploy.endpoint.image import DOCKER_MANIFEST
from deploy.errors import DeployError, Missing

STDERR: Final = 2


class Answer(NamedTuple):
    """How a docker command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """What docker said, trimmed."""
        return (self.err.strip() or self.out.strip()).removeprefix("docker: ")


class LocalImage(NamedTuple):
    """An image as the engine has it. `media_type` is that of the manifest it will push; `bytes` are unpacked."""

    name: str
    id: str
    platform: str
    bytes: int
    media_type: str


class RegistryImage(NamedTuple):
    """An image as a registry has it. `digest` and `config` are empty for an index, whatever it lists."""

    media_type: str
    digest: str
    config: str

    def holds(self, image: LocalImage) -> bool:
        """Whether this is that image. Engines name an image by its config or, with containerd, by its manifest."""
        return bool(self.digest) and image.id in (self.config, self.digest)


class Docker:
    """The engine, through its command line. Every method raises Missing where there is no command or no engine."""

    def __init__(self, command: str = "docker") -> None:
        self._command = command

    def ask(self, *arguments: str, stdin: str | None = None) -> Answer:
        """Run quietly. A failure is an answer, too."""
        try:
            done = subprocess.run(  # noqa: S603 - no shell
                [self._command, *arguments], input=stdin, capture_output=True, text=True, errors="replace", check=False
            )
        except FileNotFoundError:
            raise Missing(
                "There is no docker command here.", "Install Docker Engine or Docker Desktop, then the same command."
            ) from None
        answer = Answer(done.returncode, done.stdout, done.stderr)
        _engine_or_raise(answer)
        return answer

    def show(self, *arguments: str) -> None:
        """Run with docker's own progress on stderr; raises DeployError where it fails."""
        self.ask("version")
        done = subprocess.run([self._command, *arguments], stdout=STDERR, check=False)  # noqa: S603
        if done.returncode:
            raise DeployError(
                f"docker {arguments[0]} failed (exit code {done.returncode}); what it said is above.",
                f"Try it by itself: docker {shlex.join(arguments)}",
            )

    def image(self, name: str) -> LocalImage | None:
        """What the engine knows of an image, or None where it has none of that name."""
        answer = self.ask("image", "inspect", name)
        if answer.code:
            if "no such image" in answer.text.lower():
                return None
            raise DeployError(f"docker can't inspect {name}: {answer.text}")
        found = json.loads(answer.out)[0]
        # Engines that don't keep manifests make one when they push, always of Docker's kind.
        media_type = (found.get("Descriptor") or {}).get("mediaType", DOCKER_MANIFEST)
        return LocalImage(name, found["Id"], f"{found['Os']}/{found['Architecture']}", found["Size"], media_type)

    def stored(self, name: str, insecure: bool = False) -> RegistryImage | None:
        """What the registry has under a full name, or None; `insecure` lets it speak plain HTTP."""
        answer = self.ask("manifest", "inspect", "--verbose", *(["--insecure"] if insecure else []), name)
        if answer.code:
            if "no such manifest" in answer.text or "manifest unknown" in answer.text:
                return None
            raise DeployError(f"The registry doesn't answer for {name}: {answer.text}")
        return _stored(json.loads(answer.out))

    def log_in(self, registry: str, user: str, password: str) -> None:
        """Log in; the password goes through stdin, where no process list shows it."""
        answer = self.ask("login", "--username", user, "--password-stdin", registry, stdin=password)
        if answer.code:
            raise DeployError(f"docker can't log in to {registry}: {answer.text}")


def _stored(found: Any) -> RegistryImage:
    if isinstance(found, list):
        return RegistryImage(f"an index of {len(found)} manifests", "", "")
    told = found["Descriptor"]
    manifest = found.get("SchemaV2Manifest") or found.get("OCIManifest") or {}
    return RegistryImage(told["mediaType"], told["digest"], manifest.get("config", {}).get("digest", ""))


def _engine_or_raise(answer: Answer) -> None:
    if answer.code == 0:
        return
    text = answer.text.lower()
    if "permission denied" in text and "docker" in text and ("socket" in text or "daemon" in text):
        raise Missing(
            f"This user may not talk to Docker: {answer.text}",
            "Join its group: sudo usermod -aG docker $USER, log in again, then the same command.",
        )
    if "cannot connect to the docker daemon" in text or "is the docker daemon running" in text:
        raise Missing(
            f"Docker's engine isn't running: {answer.text}",
            "Start it: sudo systemctl start docker (or open Docker Desktop), then the same command.",
        )
