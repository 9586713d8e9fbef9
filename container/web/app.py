"""The application factory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from flask import Flask, Request, Response
from werkzeug.routing import MapAdapter

from container.inference.service import Service
from container.settings import Settings
from container.web import errors, routes
from container.web.requestlog import KEPT_CALLS, Call, RequestLog


class Application(Flask):
    """Flask without what no request here needs, which together costs as much as answering one does."""

    def __init__(self, requests: RequestLog) -> None:
        super().__init__(__package__, static_folder=None)
        self._requests = requests

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Route by path and method alone: working out the host's name makes the first request load the tables of
        international names."""
        if request is None:
            return super().create_url_adapter(request)
        return MapAdapter(self.url_map, "", "/", "", "http", request.path, request.method)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view is a coroutine, and Flask asks for each request."""
        return func

    def preprocess_request(self) -> None:
        """One thing happens before a request, and there are no blueprints to ask for more."""
        self._requests.begin()

    def process_response(self, response: Response) -> Response:
        """One thing happens after a request, and there is no session to save."""
        return self._requests.finish(response)


def create_app(service: Service, settings: Settings, cores: int) -> Flask:
    """An application over a service; `cores` is what `/execution-parameters` recommends using."""
    calls: deque[Call] | None = deque(maxlen=KEPT_CALLS) if settings.page else None
    app = Application(RequestLog(settings, lambda: service.model_id, calls))
    app.config["MAX_CONTENT_LENGTH"] = settings.max_payload_bytes  # for the message; web.body sees to it
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.redirect_defaults = False
    app.url_map.merge_slashes = False
    errors.register(app)
    routes.register(app, service, settings, cores)
    if calls is not None:
        from container.web import page

        page.register(app, service, settings, calls)
    return app
