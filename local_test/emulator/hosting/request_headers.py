"""The headers of an invocation: what a caller may send, what of it the container sees, and what comes back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from werkzeug.datastructures import Headers

from local_test.emulator.hosting.failures import invalid

PREFIX: Final = "X-Amzn-SageMaker-"
NAME: Final = r"[a-zA-Z0-9](-*[a-zA-Z0-9])*"
ASCII: Final = r"[\x00-\x7f]*"
PRINTABLE: Final = r"\S[\x20-\x7e]*"


class Member(NamedTuple):
    """A member of InvokeEndpoint's input, as botocore's model has it."""

    name: str
    header: str
    longest: int
    pattern: str
    container_header: str | None = None
    """Under which the container sees it; None where it doesn't."""


Members = tuple[Member, ...]

_MODEL: Final = (
    Member("customAttributes", f"{PREFIX}Custom-Attributes", 1024, ASCII, f"{PREFIX}Custom-Attributes"),
    Member("targetModel", f"{PREFIX}Target-Model", 1024, PRINTABLE),
    Member("targetVariant", f"{PREFIX}Target-Variant", 63, NAME),
    Member("targetContainerHostname", f"{PREFIX}Target-Container-Hostname", 63, NAME),
    Member("inferenceId", f"{PREFIX}Inference-Id", 64, PRINTABLE, f"{PREFIX}Inference-Id"),
    Member("enableExplanations", f"{PREFIX}Enable-Explanations", 64, ".*"),
    Member("inferenceComponentName", f"{PREFIX}Inference-Component", 63, NAME),
    Member("sessionId", f"{PREFIX}Session-Id", 256, NAME + "|NEW_SESSION", f"{PREFIX}Session-Id"),
    Member("prefixAwareId", f"{PREFIX}Prefix-Aware-Id", 64, PRINTABLE, f"{PREFIX}Prefix-Aware-Id"),
)
_CONTENT_TYPE: Final = Member("contentType", "Content-Type", 1024, ASCII, "Content-Type")
INVOKE: Final = (_CONTENT_TYPE, Member("accept", "Accept", 1024, ASCII, "Accept"), *_MODEL)
STREAM: Final = (_CONTENT_TYPE, Member("accept", f"{PREFIX}Accept", 1024, ASCII, "Accept"), *_MODEL)
DEFAULT_CONTENT_TYPE: Final = "application/octet-stream"
"""What botocore sends where its caller says nothing; that AWS assumes the same of others isn't documented."""
BACK: Final = (
    "Content-Type",
    f"{PREFIX}Custom-Attributes",
    f"{PREFIX}New-Session-Id",
    f"{PREFIX}Closed-Session-Id",
)
"""Of the container's headers, those that reach the caller."""

_REFUSED: Final = {
    f"{PREFIX}Target-Model": "Endpoint {} is not a multi-model endpoint and does not support target model header.",
    f"{PREFIX}Target-Container-Hostname": (
        "Endpoint {} is not a multi-container endpoint and does not support target container hostname header."
    ),
    f"{PREFIX}Inference-Component": (
        "Inference Component Name header is not allowed for endpoints to which you dont plan to deploy inference "
        "components. Please remove the Inference Component Name header and try again."
    ),
    f"{PREFIX}Enable-Explanations": "Endpoint {} has no explainer and does not support enable explanations header.",
}
"""For what coppice local doesn't have. Inference components' words are AWS's, the others' are ours."""


def check(headers: Headers, members: Members, endpoint: str) -> None:
    """Raises ServiceError where a header breaks the service's model, or asks for what isn't there."""
    broken = [said for member in members for said in _broken(member, headers.get(member.header))]
    if broken:
        count = f"{len(broken)} validation error{'s' if len(broken) > 1 else ''} detected: "
        raise invalid(count + "; ".join(broken))
    for header, said in _REFUSED.items():
        if header in headers:
            raise invalid(said.format(endpoint))


def for_container(headers: Headers, members: Members) -> tuple[tuple[str, str], ...]:
    """What the container sees; every other header of the caller's is left out, as AWS strips it."""
    seen = {
        member.container_header: headers[member.header]
        for member in members
        if member.container_header and member.header in headers
    }
    return tuple(({"Content-Type": DEFAULT_CONTENT_TYPE} | seen).items())


def passed_back(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """What of the container's headers the caller sees."""
    given = Headers(list(headers))
    return [(name, given[name]) for name in BACK if name in given]


def _broken(member: Member, value: str | None) -> Iterable[str]:
    if value is None:
        return
    start = f"Value '{value}' at '{member.name}' failed to satisfy constraint: Member must "
    if len(value) > member.longest:
        yield f"{start}have length less than or equal to {member.longest}"
    if not re.fullmatch(member.pattern, value):
        yield f"{start}satisfy regular expression pattern: {member.pattern}"
