"""House rules that no linter knows."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for house in ("container", "deploy", "local_test") for path in (ROOT / house).rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_have_one_job(path):
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize("path", [p for p in SOURCES if p.read_text().strip()], ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_composition_roots_read_the_environment(path):
    nodes = ast.walk(ast.parse(path.read_text()))
    reads = any(isinstance(node, ast.Attribute) and ast.unparse(node) == "os.environ" for node in nodes)
    allowed = {"launch.py", "program.py", "serve.py", "context.py", "site.py", "sitecustomize.py"}
    assert not reads or path.name in allowed


def test_nobody_patches():
    for path in (ROOT / "tests").rglob("*.py"):
        if path != Path(__file__):
            assert "mock.patch" not in path.read_text()


@pytest.mark.parametrize("module", ["container.server.launch", "container.web.app", "container.inference.pipeline"])
def test_serving_imports_nothing_heavy(module):
    heavy = "{'sklearn', 'scipy', 'pandas', 'joblib', 'pyarrow', 'typer', 'boto3', 'matplotlib'}"
    code = f"import sys, {module}; print(sorted({heavy} & set(sys.modules)))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "[]"
