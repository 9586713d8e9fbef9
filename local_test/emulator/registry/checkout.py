"""The image that stands for this checkout, where there is no Docker and the process backend runs the code itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from container import __version__
from local_test.emulator.registry.images import IN_ECR, digest_of

REPOSITORY: Final = "coppice"
TAG: Final = "latest"
NAME: Final = f"{REPOSITORY}:{TAG}"
MEDIA_TYPE: Final = "application/vnd.docker.distribution.manifest.v2+json"
_FOLDER: Final = Path(__file__).resolve().parents[3]

MANIFEST: Final = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": MEDIA_TYPE,
        "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 0, "digest": digest_of("")},
        "layers": [],
        "annotations": {
            "coppice.local": "not an image: the process backend runs this checkout",
            "coppice.checkout": str(_FOLDER),
            "coppice.version": __version__,
        },
    }
)
DIGEST: Final = digest_of(MANIFEST)


def place_of(image: str) -> str:
    """The digest, where an image is named by the tag that stands for this checkout."""
    return DIGEST if IN_ECR.sub("", image, count=1) == NAME else image
