"""Which of AWS's operations deploy/aws calls, read from its source: `session.SERVICE.method(…)` and its paginators."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
from botocore import xform_name

GATEWAYS = Path(__file__).parents[2] / "deploy/aws"
SERVICES = {
    "sagemaker": "sagemaker",
    "runtime": "sagemaker-runtime",
    "s3": "s3",
    "ecr": "ecr",
    "iam": "iam",
    "sts": "sts",
    "logs": "logs",
    "cloudwatch": "cloudwatch",
    "autoscaling": "application-autoscaling",
    "quotas": "service-quotas",
}
PREFIXES = {"sagemaker-runtime": "sagemaker", "service-quotas": "servicequotas"}
HELPERS = {"meta", "exceptions", "get_waiter", "can_paginate", "upload_file"}
"""Of clients, but no operations. What upload_file calls is PutObject and the multipart ones."""


def called() -> set[str]:
    """Every operation, as `ecr:DescribeImages`."""
    return {action for path in sorted(GATEWAYS.glob("*.py")) for action in _in_file(path)}


def _in_file(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    clients = dict(_clients(tree))
    for node in ast.walk(tree):
        service = (
            clients.get(ast.unparse(node.value)) or _service(node.value) if isinstance(node, ast.Attribute) else None
        )
        if service is None:
            continue
        operations = _operations(service)
        if node.attr == "get_paginator":  # its argument, or whatever operations of the service the file names
            yield from (_action(service, operations[text]) for text in texts if text in operations)
        elif node.attr not in HELPERS:
            yield _action(service, operations[node.attr])


def _clients(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """The variables that hold a client, and the service it is of."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and (service := _service(node.value)):
            yield from ((ast.unparse(target), service) for target in node.targets)


def _service(node: ast.expr) -> str | None:
    """The service of `session.sagemaker` and of `session.client("sagemaker")`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "client":
        named = isinstance(node.args[0], ast.Constant) and _is_session(node.func.value)
        return str(node.args[0].value) if named else None
    return SERVICES.get(node.attr) if isinstance(node, ast.Attribute) and _is_session(node.value) else None


def _is_session(node: ast.expr) -> bool:
    return ast.unparse(node).endswith("session")


def _operations(service: str) -> dict[str, str]:
    model: Any = botocore.session.get_session().get_service_model(service)
    return {xform_name(name): name for name in model.operation_names}


def _action(service: str, operation: str) -> str:
    return f"{PREFIXES.get(service, service)}:{operation}"
