"""Confusions are counted, and many classes are cut down to what matters."""

import dataclasses
import re

from predicted import answered

from samebits.report.confusions import confusion, confusion_section


def test_confusion_counts() -> None:
    predictions = answered([0, 0, 2, 2], [0, 1, 2, 2], [1.0] * 4)
    assert confusion(predictions, 3).tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 2]]


def test_many_classes_become_pairs() -> None:
    classes = [f"kind {number}" for number in range(40)]
    predictions = answered([3, 3, 3, 7], [5, 5, 3, 9], [0.9] * 4)
    content = confusion_section(predictions, classes)
    assert "2 pairs of classes" in content
    assert content.index("kind 5") < content.index("kind 9")
    assert "66.7 %" in content
    right = dataclasses.replace(predictions, answers=predictions.labels)
    assert "None:" in confusion_section(right, classes)


def test_the_matrix_is_followed_by_what_each_confusion_costs() -> None:
    predictions = answered([0] * 50 + [1] * 50, [0] * 40 + [1] * 10 + [1] * 50, [0.9] * 100)
    content = confusion_section(predictions, ["cat", "dog"])
    pairs = content[content.index("1 pair of classes") :]
    # 10 of 100 examples; Wilson's interval on them.
    assert re.search(r"10\.00 % <small>5\.\d+ to 17\.\d+</small>.*20\.0 %", pairs, re.DOTALL)
    grouped = [
        dataclasses.replace(example, group=str(row // 10))
        for row, example in enumerate(predictions.examples)
    ]
    together = confusion_section(dataclasses.replace(predictions, examples=grouped), ["cat", "dog"])
    assert re.search(r"10\.00 % <small>\d\.\d+ to (2|3|4)\d\.\d+</small>", together)


def test_long_names_keep_both_ends() -> None:
    classes = ["a very long name that ends in one", "a very long name that ends in two"]
    content = confusion_section(answered([0, 1], [0, 1], [1.0, 1.0]), classes)
    assert "a very lo…nds in two" in content
    assert f'title="{classes[1]}"' in content
