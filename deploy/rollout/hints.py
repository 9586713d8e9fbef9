"""What to do about an endpoint that failed, by what AWS says of it."""

from __future__ import annotations

from typing import Final

_HINTS: Final = (
    (("ping", "health check"), "The container started but never said it was ready. Try it here: "
     "docker run -p 8080:8080 -v $PWD/model:/opt/ml/model:ro IMAGE serve\nthe log has more: coppice logs {name}"),
    (("memory",), "Give it more memory: coppice deploy … --memory 3072"),
    (("manifest media type", "vnd.oci"), "SageMaker takes Docker v2 manifests: coppice build, then coppice push."),
    (("model data", "s3", "download"), "May the role read the archive? See: coppice policy execution"),
    (("ecr", "image", "repository"), "May the role pull the image, and is it in this account? See: coppice doctor"),
    (("role",), "See whether SageMaker may use the role: coppice doctor"),
    (("limit", "quota", "capacity"), "See what the account allows: coppice doctor; ask for more in Service Quotas."),
)  # fmt: skip


def hint_for(reason: str, name: str) -> str:
    """The next thing to do, for a FailureReason."""
    said = reason.lower()
    for words, hint in _HINTS:
        if any(word in said for word in words):
            return hint.format(name=name)
    return f"See what the container said: coppice logs {name}"
