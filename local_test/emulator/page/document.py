"""The page's one document: its parts put together, and the policy that lets a browser run nothing else."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import Final, NamedTuple

SCRIPTS: Final = ("elements.js", "endpoints.js", "try.js", "calls.js", "live.js")
"""In this order they are one module."""


class Document(NamedTuple):
    """HTML, and its Content-Security-Policy."""

    html: str
    policy: str


def document() -> Document:
    """Read the parts. The style and the script are allowed by their hashes, and nothing from anywhere else is."""
    style, script = _text("page.css"), "".join(_text(name) for name in SCRIPTS)
    html = _text("page.html").replace("/* page.css */", style).replace("/* page.js */", script)
    policy = {
        "default-src": "'none'",
        "style-src": _hash(style),
        "script-src": _hash(script),
        "connect-src": "'self'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",  # text that would become HTML is an error of the script
        "trusted-types": "'none'",
    }
    return Document(html, "; ".join(f"{name} {value}" for name, value in policy.items()))


def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
