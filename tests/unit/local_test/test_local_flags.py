"""What the flags of `coppice local up` take."""

from __future__ import annotations

import pytest

from deploy.cli.local import size
from deploy.errors import UsageError


@pytest.mark.parametrize(
    ("text", "value"),
    [("10MB", 10_000_000), ("10MB/s", 10_000_000), ("512k", 512_000), ("1.5 GiB", 1610612736), ("300", 300), ("7b", 7)],
)
def test_sizes(text, value):
    assert size(text) == value


@pytest.mark.parametrize("text", ["", "fast", "-1", "0", "10 MB per second", "1e6", "MB", "0.2"])
def test_what_is_no_size(text):
    with pytest.raises(UsageError, match="10MB"):
        size(text)
