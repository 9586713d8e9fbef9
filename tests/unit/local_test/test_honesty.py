"""The table of what is emulated names a test for whatever it claims, and those tests exist."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
README = TESTS.parent / "local_test" / "emulator" / "README.md"
FOLDERS = {"F": "functional/local_test", "C": "container", "U": "unit/local_test", "P": "property"}
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in README.read_text().splitlines()
    if line.startswith("|") and not line.startswith(("|---", "| documented", "| promise"))
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:60])
def test_a_claim_has_its_test(row):
    _behaviour, level, how, tests = row
    assert level in ("emulated", "approximated", "not")
    assert how or level == "emulated"
    named = re.findall(r"`([FCUP])/([^`:]+)(?:::([^`]+))?`", tests)
    assert named or level == "not"
    for folder, file, test in named:
        source = (TESTS / FOLDERS[folder] / file).read_text()
        assert not test or re.search(rf"^def {test}\b", source, re.MULTILINE), test
