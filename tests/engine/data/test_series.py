"""Series from files: every number in its place, and a sentence for what is not a number."""

import numpy as np
import pytest

from samebits.data.example import Unreadable
from samebits.data.series import read_series


@pytest.mark.parametrize("head", ["", "ax,ay\n", "\ufeffax,ay\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_table(head: str, end: str) -> None:
    text = head + "1,-2.5\n1e3, 0 " + end
    assert np.array_equal(read_series(text.encode(), 2), np.array([[1, -2.5], [1000, 0]]))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it has no step"),
        (b"a,b\n", "it has no step"),
        (b"1,2\n3\n", "line 2 has 1 columns, not 2"),
        (b"a,b\n1,2,3\n", "line 2 has 3 columns, not 2"),
        (b"1,2\n3,x\n", "line 2 has a cell that is not a number, or is beyond 1e30"),
        (
            b"1,x\n3,4\n",
            "line 1 has a cell that is not a number, or is beyond 1e30",
        ),  # no header
        (b"1,2\n3,nan\n", "line 2 has a cell that is not a number, or is beyond 1e30"),
        (b"1,2\n3,1e31\n", "line 2 has a cell that is not a number, or is beyond 1e30"),
        (b"nan,\n1,2\n", "line 1 has a cell that is not a number"),  # missing, and no header
        ("1,2\n3,٣\n".encode(), "line 2 has a cell that is not a number"),
        (b"1,2\n3,inf\n", "line 2 has a cell that is not a number, or is beyond 1e30"),
        (b"1,2\n3,1_0\n", "line 2 has a cell that is not a number, or is beyond 1e30"),
        (b"1,2\n\n3,4\n", "line 2 has 1 columns, not 2"),
        (b"1,2\n\xff,4\n", "line 2 is not in UTF-8"),
    ],
)
def test_what_is_no_series(content: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        read_series(content, 2)
