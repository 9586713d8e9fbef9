"""The application factory."""

from __future__ import annotations

from flask import Flask, Request
from werkzeug.routing import MapAdapter

from container.inference.service import Service
from container.settings import Settings
from container.web import errors, requestlog, routes


class Application(Flask):
    """Flask that routes by path and method alone. Working out the host's name, which means nothing here, would cost
    every request some microseconds and the first one milliseconds (it loads the tables of international names)."""

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Called by Flask for each request."""
        if request is None:
            return super().create_url_adapter(request)
        return MapAdapter(self.url_map, "", "/", "", "http", request.path, request.method)


def create_app(service: Service, settings: Settings, cores: int) -> Flask:
    """An application over a service; `cores` is what `/execution-parameters` recommends using."""
    app = Application(__package__, static_folder=None, template_folder=".")
    limit = settings.max_payload_bytes
    # One more than is allowed: Flask cuts a chunked body off at this length without a word, and routes looks at it.
    app.config["MAX_CONTENT_LENGTH"] = None if limit is None else limit + 1
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.redirect_defaults = False
    app.url_map.merge_slashes = False
    requestlog.register(app, settings, lambda: service.model_id)
    errors.register(app)
    routes.register(app, service, settings, cores)
    if settings.landing_page:
        routes.register_landing_page(app, service)
    return app
