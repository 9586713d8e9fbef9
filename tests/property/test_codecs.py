"""Whatever bytes come, the answer is a prediction or the caller's 4xx; and what is written can be read again."""

from __future__ import annotations

import csv as python_csv
import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from toy import client, schema

from container import contract
from container.codecs import negotiation
from container.codecs.rows import Answer

SCHEMAS = {
    "numbers": schema("a", "b", "c"),
    "one column": schema("a"),
    "no names": schema("", ""),
    "mixed": schema("n", "flag", "word", flag="bool", word="string"),
}
CLIENTS = {name: client(columns) for name, columns in SCHEMAS.items()}

media_types = st.sampled_from(
    ["", contract.OCTET_STREAM, *(codec.media_type for codec in negotiation.CODECS), "text/csv;header=present"]
)
finite = st.floats(allow_nan=False, allow_infinity=False)
cells = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))
json_like = st.recursive(
    cells,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["a", "b", "c", "instances", "inputs", "dataframe_split", "columns", "data", "x"]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)
bodies = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=100).map(str.encode),
    st.text(alphabet='0123456789.,-eE"\n\r\t []{}:nulabc\ufeff', max_size=60).map(lambda text: text.encode()),
    json_like.map(lambda value: json.dumps(value).encode()),
    st.lists(json_like, max_size=4).map(lambda lines: b"\n".join(json.dumps(line).encode() for line in lines)),
    st.binary(max_size=60).map(lambda tail: b"\x93NUMPY\x01\x00" + tail),
    st.binary(max_size=60).map(lambda tail: b"PAR1" + tail + b"PAR1"),
)


@pytest.mark.parametrize("name", SCHEMAS)
@settings(max_examples=400)
@given(body=bodies, content_type=media_types, accept=st.one_of(media_types, st.text(max_size=20)))
def test_never_a_5xx(name, body, content_type, accept):
    headers = {"Accept": accept.encode("latin-1", "replace").decode("latin-1").replace("\n", "").replace("\r", "")}
    response = CLIENTS[name].post("/invocations", data=body, content_type=content_type or None, headers=headers)
    assert response.status_code in (200, 400, 406, 413, 415), response.data
    if response.status_code != 200:
        assert set(response.get_json()["error"]) == {"code", "message", "hint", "request_id"}


@given(rows=arrays.arrays(np.float64, st.tuples(st.integers(1, 5), st.just(3)), elements=finite))
def test_numbers_come_through_every_codec_to_the_last_bit(rows):
    names = ("a", "b", "c")
    text = io.StringIO()
    python_csv.writer(text).writerows(rows.tolist())
    as_npy = io.BytesIO()
    np.save(as_npy, rows)
    lists = json.dumps(rows.tolist())
    objects = json.dumps([dict(zip(names, row, strict=True)) for row in rows.tolist()])
    lines = "\n".join(json.dumps(row) for row in rows.tolist())
    sent = {
        contract.CSV: [text.getvalue().encode(), ("a,b,c\r\n" + text.getvalue()).encode()],
        contract.JSON: [lists.encode(), objects.encode()],
        contract.JSONLINES: [lines.encode()],
        contract.NPY: [as_npy.getvalue()],
    }
    for media_type, forms in sent.items():
        codec = negotiation.find(media_type)
        for body in forms:
            cells = codec.decode(body, SCHEMAS["numbers"]).cells
            assert np.array_equal(np.array(cells, dtype=np.float64), rows)


@given(values=arrays.arrays(np.float64, st.integers(1, 20), elements=st.floats(width=64, allow_nan=False)))
def test_answers_keep_full_precision(values):
    answer = Answer((values,))
    assert np.array_equal([float(line) for line in negotiation.find(contract.CSV).encode(answer).split()], values)
    assert np.array_equal(np.load(io.BytesIO(negotiation.find(contract.NPY).encode(answer))), values)
    if np.isfinite(values).all():
        assert json.loads(negotiation.find(contract.JSON).encode(answer)) == values.tolist()
        lines = negotiation.find(contract.JSONLINES).encode(answer).split()
        assert [json.loads(line) for line in lines] == values.tolist()


# Python's csv writer doesn't quote a bare carriage return; a label with one in it comes out as two lines. Half a
# surrogate pair isn't text, and no encoding has it.
LABELS = st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"]), max_size=20)


@given(labels=st.lists(LABELS, min_size=1, max_size=10))
def test_labels_come_through_csv_and_json(labels):
    answer = Answer((np.array(labels, dtype=object),))
    assert json.loads(negotiation.find(contract.JSON).encode(answer)) == labels
    text = negotiation.find(contract.CSV).encode(answer).decode()
    assert [row[0] if row else "" for row in python_csv.reader(io.StringIO(text, newline=""))] == labels
