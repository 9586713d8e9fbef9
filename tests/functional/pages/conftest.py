"""The page of a model, served by this process and looked at in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import page_models
import pytest

Serve = Callable[..., str]


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """The address of the page of one of page_models' models; each is started once for a file of tests."""
    with ExitStack() as stack:
        started: dict[str, str] = {}

        def serve(model: Callable[[], page_models.Fitted], **changes: Any) -> str:
            key = f"{model.__name__} {changes}"
            if key not in started:
                application = page_models.application(tmp_path_factory.mktemp("model"), model, **changes)
                started[key] = stack.enter_context(page_models.running(application))
            return started[key]

        yield serve
