"""Script: any data, as text that ends no element, no string and no line."""

import json

from hypothesis import given
from hypothesis import strategies as st

from foolery.report.html import as_json, script_call

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_it_reads_back_and_has_no_sign_that_means_something_outside(value):
    text = as_json(value)
    assert json.loads(text) == value
    assert not set("<>&\u2028\u2029\n\r") & set(text)


def test_a_call_is_one_line_of_script():
    assert script_call("f.take", "</script>", [1, None]) == b'f.take("\\u003c/script\\u003e",[1,null]);\n'
