"""Findings in the data are shown with their examples, and no name is taken for markup."""

from typing import Any

import numpy as np

from samebits.report.data_findings import MOST_EXAMPLES, MOST_SHOWN, findings_section, shown_paths
from samebits.report.inputs import Inputs

HOSTILE = '<b onload=x>"&.png'


def finding(rule: str, *paths: str, accepted: str | None = None) -> dict[str, Any]:
    row = {"rule": rule, "message": f"{rule} of {', '.join(paths)}", "paths": list(paths)}
    return {**row, "accepted": accepted, "severity": "warning", "md5": [], "classes": []}


def of(inputs: Inputs, *findings: dict[str, Any], **more: Any) -> dict[str, Any]:
    rules = [finding["rule"] for finding in findings]
    accepted = [finding["rule"] for finding in findings if finding["accepted"]]
    counts = {"found": rules, "accepted": accepted}
    counted = {key: {rule: every.count(rule) for rule in every} for key, every in counts.items()}
    return {**inputs.data, **counted, "findings": list(findings), **more}


def test_nothing_is_odd(inputs: Inputs) -> None:
    section = findings_section(inputs.data, {})
    assert "No finding" in section
    assert "50 of 51 examples" in section
    none = findings_section({**inputs.data, "labels_examined": 0}, {})
    assert "wrong labels" not in none
    assert "there is no data release" in section
    assert "<table" not in section


def test_sentences_counts_and_examples(inputs: Inputs) -> None:
    first, two = "a/1.png", HOSTILE
    data = of(
        inputs,
        finding("near-duplicates", first, two),
        finding("imbalance"),
        finding("odd-size", "b/2.png", accepted="a <panorama>"),
        compared_with="1.3",
    )
    examples = {path: np.zeros((1, 8, 8), dtype=np.uint8) for path in (first, two)}
    section = findings_section(data, examples)
    assert "3 findings, 1 of them accepted" in section
    assert "compared with data version <bdi>1.3</bdi>" in section
    assert section.count("<img") == 2
    assert 'alt="Example a/1.png"' in section
    assert "near-duplicates of a/1.png, &lt;b onload=x&gt;&#34;&amp;.png" in section
    assert "accepted: <bdi>a &lt;panorama&gt;</bdi>" in section
    assert "<b onload" not in section
    assert "<panorama>" not in section


def test_of_many_the_first_are_shown_and_accepted_ones_last(inputs: Inputs) -> None:
    many = [finding("copies", f"a/{number}", accepted="so") for number in range(MOST_SHOWN)]
    data = of(inputs, *many, finding("copies", "z/last"))
    section = findings_section(data, {})
    assert section.count("<li>") == MOST_SHOWN
    assert section.index("copies of z/last") < section.index("copies of a/0<")
    assert f"the first {MOST_SHOWN} of {MOST_SHOWN + 1}" in section
    assert f"copies of a/{MOST_SHOWN - 1}" not in section


def test_the_images_it_asks_for(inputs: Inputs) -> None:
    names = [f"a/{number}" for number in range(MOST_EXAMPLES + 1)]
    data = of(inputs, finding("copies", *names), finding("unreadable", "b"))
    assert list(shown_paths(data)) == ["b", *names[:-1]]


def test_corrections_are_listed(inputs: Inputs) -> None:
    row = {"md5": "0" * 32, "old": "<old>", "new": "new", "who": "me", "why": "seen", "examples": 2}
    section = findings_section({**inputs.data, "corrections": [row]}, {})
    for words in ("0" * 32, "&lt;old&gt;", "new", "me", "seen", "<td>2</td>"):
        assert words in section
