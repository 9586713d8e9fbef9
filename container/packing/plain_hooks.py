"""Whether a serving script's hooks only load, parse and predict, told without running them.

Whoever wants to know whether preprocessing is missing must know that no hook does it. That is told from what the hooks
are made of: calls that are known to leave values alone, and nothing else. What isn't known isn't plain.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

from container.inference.script.source import hooks_in

HOOKS: Final = ("pre_model_fn", "model_fn", "model_warmup_fn", "input_fn", "predict_fn", "transform_fn")
"""Those before the model's answer; output_fn comes too late to help."""

_LIBRARIES: Final = tuple("io json os pathlib joblib pickle logging numpy pandas time warnings".split())  # noqa: SIM905
_TOOLKITS: Final = ("sagemaker_containers", "sagemaker_inference")
_CALLS: Final = frozenset((
        "load", "loads", "read_csv", "read_json", "read_parquet", "loadtxt", "genfromtxt", "fromstring",
        "frombuffer", "StringIO", "BytesIO", "open", "read", "Path", "join", "exists", "is_file", "isfile",
        "listdir", "glob", "decode", "encode", "split", "splitlines", "strip", "rstrip", "lstrip", "lower",
        "upper", "startswith", "endswith", "format", "get", "keys", "values", "items", "array",
        "asarray", "atleast_2d", "expand_dims", "DataFrame", "Series", "from_dict", "from_records", "reshape",
        "astype", "to_numpy", "tolist", "to_list", "flatten", "ravel", "squeeze", "copy", "drop", "float",
        "int", "str", "bool", "bytes", "len", "list", "tuple", "dict", "isinstance", "hasattr", "type", "zip",
        "range", "enumerate", "print", "predict", "predict_proba", "info", "debug", "warning", "error",
        "exception", "getLogger", "time", "filterwarnings", "simplefilter", "dumps", "to_json", "to_csv",
        "getvalue", "get_request_header", "ValueError", "TypeError", "KeyError", "RuntimeError",
        "NotImplementedError", "Exception", "UnsupportedFormatError", "Response",
))  # fmt: skip
_LOGS: Final = ("info", "debug", "warning", "error", "exception")
_PICKLES: Final = (".joblib", ".pkl", ".pickle", ".sav", ".p", ".bin", ".gz")
_NODES: Final = (
    ast.stmt, ast.Call, ast.Name, ast.Attribute, ast.Constant, ast.JoinedStr, ast.FormattedValue, ast.Subscript,
    ast.Slice, ast.List, ast.Tuple, ast.Dict, ast.Compare, ast.cmpop, ast.BoolOp, ast.boolop, ast.UnaryOp, ast.unaryop,
    ast.IfExp, ast.ListComp, ast.GeneratorExp, ast.comprehension, ast.keyword, ast.expr_context, ast.arguments, ast.arg,
    ast.withitem, ast.ExceptHandler, ast.alias, ast.operator, ast.BinOp, ast.Starred,
)  # fmt: skip
_NO_STATEMENTS: Final = (ast.ClassDef, ast.AsyncFunctionDef, ast.AugAssign, ast.Global, ast.Nonlocal, ast.Delete)


def may_preprocess(script: Path, models: Collection[str]) -> str:
    """The first hook of `script` that may do more than load one of the files `models`, parse and predict; else empty.

    "*" where the hooks can't be told.
    """
    found = hooks_in(script)
    if "*" in found:
        return "*"
    module = ast.parse(script.read_bytes())
    functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    own, imported = _own_names(module), _imports(module)
    for name in (name for name in HOOKS if name in found):
        hook = functions.get(name)
        if hook is None or hook.decorator_list:
            return name
        names = {known: kind for known, kind in own.items() if known not in _locals(hook)}
        if not all(_is_plain(node, names, imported) for statement in hook.body for node in _walk(statement)):
            return name
    if "model_fn" in functions and not _loads_only(functions["model_fn"], module, models):
        return "model_fn"
    return ""


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """A statement and what is in it, but for what is raised: that changes no data."""
    if isinstance(node, ast.Raise):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _walk(child)


def _own_names(module: ast.Module) -> dict[str, bool]:
    """What the script defines or computes at its top, and whether that can be called."""
    own = {node.name: True for node in module.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assigned = (node for node in module.body if isinstance(node, ast.Assign | ast.AnnAssign))
    stored = (node for statement in assigned for node in ast.walk(statement) if isinstance(node, ast.Name))
    return {node.id: False for node in stored if isinstance(node.ctx, ast.Store)} | own


def _locals(hook: ast.FunctionDef) -> set[str]:
    stored = (node.id for node in ast.walk(hook) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    return {node.arg for node in ast.walk(hook.args) if isinstance(node, ast.arg)} | {*stored}


def _imports(module: ast.Module) -> dict[str, str]:
    """What is imported anywhere in it, and the library it is from."""
    found: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found |= {(alias.asname or alias.name).split(".")[0]: alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.asname or alias.name: (node.module or ".").split(".")[0] for alias in node.names}
    return found


def _is_plain(node: ast.AST, own: Mapping[str, bool], imported: Mapping[str, str]) -> bool:
    match node:
        case ast.FunctionDef() | ast.Lambda() | ast.Yield() | ast.Await():
            return False
        case ast.BinOp():  # texts are put together with + and %; numbers must not be
            return any(isinstance(side, ast.JoinedStr) or _is_text(side) for side in (node.left, node.right))
        case ast.Assign():
            return all(_is_target(target) for target in node.targets)
        case ast.Name(id=name):  # a function of the script's may be handed on
            return not own.get(name)
        case ast.Call():
            return _is_known(node.func, own, imported)
        case _:
            return isinstance(node, _NODES) and not isinstance(node, _NO_STATEMENTS)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_target(target: ast.expr) -> bool:
    """A name or several, or a table's columns; anything else changes something."""
    if isinstance(target, ast.Attribute):
        return target.attr == "columns"
    return isinstance(target, ast.Name | ast.Tuple)


def _is_known(called: ast.expr, own: Mapping[str, bool], imported: Mapping[str, str]) -> bool:
    root = called
    while isinstance(root, ast.Attribute | ast.Subscript | ast.Call):
        root = root.func if isinstance(root, ast.Call) else root.value
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    if name not in _CALLS:
        return False
    if not isinstance(root, ast.Name):
        return isinstance(root, ast.Constant | ast.JoinedStr)
    if root.id in own and name not in _LOGS:
        return False
    return imported.get(root.id, "io") in (*_LIBRARIES, *_TOOLKITS)


def _loads_only(hook: ast.FunctionDef, module: ast.Module, models: Collection[str]) -> bool:
    """Whether the files that model_fn, or a constant beside it, names are the model that was found."""
    tops = (node for node in module.body if isinstance(node, ast.Assign | ast.AnnAssign))
    nodes = (node for part in (hook, *tops) for node in ast.walk(part) if isinstance(node, ast.Constant))
    files = {Path(str(node.value)).name for node in nodes if str(node.value).endswith(_PICKLES)}
    return bool(files) and files <= {*models}
