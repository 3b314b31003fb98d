"""A page of examples: from the whole range, and nothing in it is taken for markup."""

import numpy as np

from samebits.report.sheet import Shown, sheet, spread


def test_a_sheet() -> None:
    shown = [
        Shown(np.zeros((1, 4, 4), dtype=np.uint8), "<b>a</b>", "a/<i>.png"),
        Shown(None, "gone", "b/2.png"),
    ]
    page = sheet("Data 1.0 → <1.1>", "Some & others.", [("Added", 30, shown)])
    assert "<title>Data 1.0 → &lt;1.1&gt;</title>" in page
    assert "Examples: 30, of which 2 are shown." in page
    assert "&lt;b&gt;a&lt;/b&gt;" in page
    assert "<i>" not in page
    assert page.count("<img") == 1
    assert "<bdi>b/2.png</bdi> (cannot be shown)" in page
    assert "default-src 'none'" in page


def test_few_are_all_shown_and_many_from_everywhere() -> None:
    assert spread(3) == [0, 1, 2]
    assert spread(0) == []
    assert spread(10, 4) == [0, 2, 5, 7]
    assert len(spread(10**6)) == 24
