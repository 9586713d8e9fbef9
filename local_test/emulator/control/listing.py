"""Lists: filtered, sorted and cut into pages, as the members of List and Describe operations ask."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from local_test.emulator.errors import ServiceError, ValidationError
from local_test.emulator.store import Document

PAGE: Final = 10
"""SageMaker's, where nobody asks for another."""
LEAST: Final = float("-inf")
Test = Callable[[Document, Any], bool]


class Listing(NamedTuple):
    """How the documents of a kind are listed."""

    answer: str
    """The answer's member that is the list."""
    name: str
    """The documents' member that is their name."""
    status: str = ""
    """The documents' member that is their status."""
    modified: str = "LastModifiedTime"
    order: str = "Descending"
    """Where nobody asks for another; by CreationTime."""
    searched: str = ""
    """The member that NameContains looks into, where it isn't the name."""

    def page(
        self, documents: Iterable[Document], members: dict[str, Any], summary: Callable[[Document], Document]
    ) -> Document:
        """A page, and where the next one begins."""
        chosen = [document for document in documents if self._is_wanted(document, members)]
        by = {"Name": self.name, "Status": self.status}.get(members.get("SortBy", ""), "CreationTime")

        def place(document: Document) -> list[Any]:
            return [document[by], document[self.name]]

        reverse = members.get("SortOrder", self.order) == "Descending"
        rows, token = cut(chosen, members.get("MaxResults", PAGE), members.get("NextToken"), place, reverse)
        return {self.answer: [summary(document) for document in rows], **token}

    def _is_wanted(self, document: Document, members: dict[str, Any]) -> bool:
        tests: dict[str, tuple[str, Test]] = {
            "NameContains": (self.searched or self.name, lambda name, part: part in name),
            "CreationTimeAfter": ("CreationTime", lambda time, other: time >= other),
            "CreationTimeBefore": ("CreationTime", lambda time, other: time < other),
            "LastModifiedTimeAfter": (self.modified, lambda time, other: time > other),
            "LastModifiedTimeBefore": (self.modified, lambda time, other: time < other),
            "StatusEquals": (self.status, lambda status, other: status == other),
        }
        return all(
            test(document.get(member, LEAST), members[name])
            for name, (member, test) in tests.items()
            if members.get(name) is not None
        )


def cut(
    rows: list[Document], size: int, token: str | None, place: Callable[[Document], list[Any]], reverse: bool = False
) -> tuple[list[Document], Document]:
    """A page of the rows in the order of their places, and its NextToken where there are more.

    The token is the place of the page's last row, so that it holds when rows come and go. Raises ValidationException
    for a token that isn't one, or is of another order.
    """
    rows = sorted(rows, key=place, reverse=reverse)
    if token:
        last = _place(token)
        try:
            rows = [row for row in rows if (place(row) < last if reverse else place(row) > last)]
        except TypeError:
            raise _invalid(token) from None
    page = rows[:size]
    return page, {"NextToken": _token(place(page[-1]))} if len(rows) > size else {}


def _token(place: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _place(token: str) -> list[Any]:
    try:
        place = json.loads(base64.urlsafe_b64decode(token))
    except ValueError:
        place = None
    if not isinstance(place, list):
        raise _invalid(token)
    return place


def _invalid(token: str) -> ServiceError:
    return ValidationError(f"Invalid NextToken: {token}")
