r"""The patterns of AWS's service models are Java's; Python's `re` knows neither \p{L} nor surrogate pairs."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections import defaultdict
from functools import cache
from itertools import groupby
from typing import Final

PROPERTY: Final = re.compile(r"\\p\{(?P<name>\w+)\}")
POSIX: Final = {"Print": "\\x20-\\x7e", "Alnum": "a-zA-Z0-9"}
"""Java's are ASCII's."""
PAIRS: Final = (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010ffff")
"""Everything beyond the basic plane, as UTF-16 and as code points."""
REPEATED_END: Final = re.compile(r"\$\{\d+,\d+\}$")
"""Two of SageMaker's patterns repeat the end of the text, which Java takes for the end and Python for an error."""


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text is as a service's model wants it."""
    return _compiled(pattern).fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    pattern = REPEATED_END.sub("$", pattern.replace(*PAIRS))
    return re.compile(_with_properties(pattern))


def _with_properties(pattern: str) -> str:
    """Write Unicode's categories out, inside of a character class and outside."""
    written, depth, at = [], 0, 0
    for found in PROPERTY.finditer(pattern):
        between = pattern[at : found.start()]
        written.append(between)
        depth += len(re.findall(r"(?<!\\)\[", between)) - len(re.findall(r"(?<!\\)\]", between))
        ranges = POSIX.get(found["name"]) or _categories()[found["name"]]
        written.append(ranges if depth else f"[{ranges}]")
        at = found.end()
    return "".join([*written, pattern[at:]])


@cache
def _categories() -> dict[str, str]:
    """The ranges of L, M, N, P, S, Z and C, as they are written in a character class."""
    ranges: dict[str, list[str]] = defaultdict(list)
    for name, points in groupby(range(sys.maxunicode + 1), lambda point: unicodedata.category(chr(point))[0]):
        first, *others = points
        ranges[name].append(f"\\U{first:08x}-\\U{others[-1] if others else first:08x}")
    return {name: "".join(parts) for name, parts in ranges.items()}
