"""The functions of a user's script: which are there, and how each is called. All of it is settled once, at start."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

from container.errors import ScriptError

Call = Callable[..., Any]

ARGUMENTS: Final[dict[str, tuple[str, ...]]] = {
    "pre_model_fn": ("model_dir",),
    "model_fn": ("model_dir",),
    "model_warmup_fn": ("model_dir", "model"),
    "input_fn": ("body", "content_type"),
    "predict_fn": ("data", "model"),
    "output_fn": ("prediction", "accept"),
    "transform_fn": ("model", "body", "content_type", "accept"),
    "execution_parameters_fn": (),
}
"""What each hook is called with; a trailing `context` may be asked for as well."""

PARTS: Final = ("input_fn", "predict_fn", "output_fn")
"""What transform_fn stands for."""


class Hooks(NamedTuple):
    """The hooks that a script has, each to be called with its arguments and, last, the context."""

    pre_model_fn: Call | None = None
    model_fn: Call | None = None
    model_warmup_fn: Call | None = None
    input_fn: Call | None = None
    predict_fn: Call | None = None
    output_fn: Call | None = None
    transform_fn: Call | None = None
    execution_parameters_fn: Call | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of those that are there."""
        return tuple(name for name, hook in self._asdict().items() if hook is not None)


def resolve(module: ModuleType) -> Hooks:
    """The module's hooks; raises ScriptError for one that can't be called as it should, and for contradictions."""
    found = {name: getattr(module, name) for name in ARGUMENTS if getattr(module, name, None) is not None}
    file = Path(module.__file__ or "the script").name
    if "transform_fn" in found and (parts := [name for name in PARTS if name in found]):
        raise ScriptError(
            f"{file} has transform_fn and {', '.join(parts)}: transform_fn stands for the three, so it isn't clear "
            "which is meant.",
            "Keep transform_fn, or input_fn, predict_fn and output_fn.",
        )
    return Hooks(**{name: _callable(name, hook, file) for name, hook in found.items()})


def _callable(name: str, hook: Any, file: str) -> Call:
    arguments = ARGUMENTS[name]
    if not callable(hook):
        raise ScriptError(f"{name} in {file} is {type(hook).__name__}, not a function.", _define(name))
    if _answers_later(hook):
        raise ScriptError(
            f"{name} in {_place(hook, file)} is a coroutine or a generator; its answer would never be computed.",
            f"Make it a plain function: {_define(name)}",
        )
    try:
        signature = inspect.signature(hook)
    except (TypeError, ValueError):  # some of what is written in C doesn't tell
        return _without_context(hook)
    if keyword := _keyword_of_context(signature, len(arguments)):
        return lambda *values: hook(*values[:-1], **{keyword: values[-1]})
    if _context_is_last(signature, len(arguments)):
        return hook  # type: ignore[no-any-return]
    if _takes(signature, len(arguments)):
        return _without_context(hook)
    raise ScriptError(
        f"{name} in {_place(hook, file)} takes ({', '.join(signature.parameters) or 'nothing'}); "
        f"it is called with ({', '.join(arguments) or 'nothing'}) and, if it asks for it, a context.",
        _define(name),
    )


def _without_context(hook: Call) -> Call:
    return lambda *values: hook(*values[:-1])


def _answers_later(hook: Any) -> bool:
    """Whether calling it computes nothing yet: a coroutine or a generator, also as an object's __call__."""
    calls = (hook,) if isinstance(hook, type) else (hook, type(hook).__call__)
    kinds = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
    return any(kind(call) for kind in kinds for call in calls)


def _keyword_of_context(signature: inspect.Signature, count: int) -> str:
    """The keyword by which a context is asked for beside `count` arguments; empty where it isn't asked for so."""
    for parameter in signature.parameters.values():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and _is_context(parameter.name):
            return parameter.name if _takes(signature, count, **{parameter.name: None}) else ""
    return ""


def _context_is_last(signature: inspect.Signature, count: int) -> bool:
    """Whether a context is asked for after `count` arguments.

    A further parameter with a default is the script's own, unless it is called a context.
    """
    places = [
        parameter
        for parameter in signature.parameters.values()
        if parameter.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    ]
    return len(places) > count and _wants(places[count]) and _takes(signature, count + 1)


def _wants(parameter: inspect.Parameter) -> bool:
    return _is_context(parameter.name) or parameter.default is inspect.Parameter.empty


def _is_context(name: str) -> bool:
    return name.lower().endswith(("context", "ctx"))


def _takes(signature: inspect.Signature, count: int, **keywords: Any) -> bool:
    try:
        signature.bind(*range(count), **keywords)
    except TypeError:
        return False
    return True


def _place(hook: Any, file: str) -> str:
    code = getattr(inspect.unwrap(hook), "__code__", None)
    return f"{Path(code.co_filename).name}, line {code.co_firstlineno}," if code else file


def _define(name: str) -> str:
    return f"def {name}({', '.join(ARGUMENTS[name])}): …"
