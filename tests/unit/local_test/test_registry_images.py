"""Where an image lies that is named as in AWS."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_test.emulator.registry.images import Images

ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("named", "lies"),
    [
        (f"{ECR}/houses:1", "127.0.0.1:5000/houses:1"),
        (f"{ECR}/a/b@sha256:12", "127.0.0.1:5000/a/b@sha256:12"),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/houses:1", "127.0.0.1:5000/houses:1"),
        ("763104351884.dkr.ecr.eu-west-1.amazonaws.com/houses:1",) * 2,
        (f"evil.example/{ECR}/houses:1",) * 2,
        ("127.0.0.1:5000/houses:1",) * 2,
        ("houses:1",) * 2,
    ],
)
def test_the_accounts_images_lie_in_the_registry(named, lies):
    assert Images("127.0.0.1:5000", Path("nowhere")).place_of(named) == lies
