"""A class that a split lacks stops the pipeline until it is accepted."""

import re
from collections import Counter
from collections.abc import Callable
from hashlib import md5
from pathlib import Path
from typing import Any

from catalogues import DATA
from conftest import image_file

from samebits.data.findings import Table
from samebits.data.splits import SPLITS, split_of

Check = Callable[..., tuple[dict[str, Any], Table]]


def test_forty_classes_of_twelve_examples(tmp_path: Path, check: Check) -> None:
    """With the fractions of params.yaml a class in seven has none in dev, and another in test."""
    raw, splits = tmp_path / "raw", Counter[tuple[str, str]]()
    for label in range(40):
        (raw / f"c{label}").mkdir(parents=True)
        for number in range(12):
            content = image_file(label, number)
            (raw / f"c{label}/{number}.png").write_bytes(content)
            splits[split_of("", md5(content).hexdigest(), "", DATA), f"c{label}"] += 1
    fractions = {"train_dev_fraction": 0.05, "dev_fraction": 0.15, "test_fraction": 0.15}
    summary, table = check(raw, near_duplicate=0.0, **fractions)
    lacking = {
        f"c{label}"
        for label in range(40)
        for split in ("dev", "test")
        if not splits[split, f"c{label}"]
    }
    told = [finding for finding in summary["findings"] if finding["rule"] == "unseen-class"]
    assert {*(name for finding in told for name in finding["classes"])} == lacking
    assert len(told) == len(lacking) > 5
    for finding in told:
        (name,) = finding["classes"]
        counts = re.findall(r"(\d+) (?:train|dev|test)", finding["message"])
        assert [int(count) for count in counts] == [splits[split, name] for split in SPLITS]
    assert "class that dev or test lacks (unseen-class)" in table.refusal()
    reason = "rule,subject,md5,reason\nunseen-class,c*,,there are no more examples\n"
    (tmp_path / "accepted.csv").write_text(reason, encoding="utf-8")
    assert check(raw, near_duplicate=0.0, **fractions)[1].refusal() == ""
