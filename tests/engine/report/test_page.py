"""The content of the page, which is self-contained, and in which nothing is taken for markup."""

import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from outline import Outline

from samebits.report.inputs import Inputs
from samebits.report.page import page


def with_level(inputs: Inputs, level: Any) -> Inputs:
    params = {"reproducibility": {"level": level}}
    return dataclasses.replace(inputs, identity={**inputs.identity, "params": params})


def test_the_page_says_what_happened(inputs: Inputs) -> None:
    outline = Outline(page(inputs))
    words = outline.words
    assert f"Macro F1 {inputs.metrics['score']:.4f} on test" in words
    assert "12 examples kept out of training" in words
    assert "{:.4f} to {:.4f}, the 95 %".format(*inputs.metrics["interval"]) in words
    assert "Accepted, as far as a result can say" in words
    assert "3 of them (25.0 %)" in words
    assert "the same bits on every x86-64 Linux machine with AVX2" in words
    for value in ("c0" * 32, "da" * 16, "10" * 32, "77", "relu"):
        assert value in words
    for split in ("train", "dev", "test"):
        assert f"{inputs.metrics[split]['log_loss']:.4f}" in words
    for title in (
        "Metrics",
        "Learning curves",
        "Confusions",
        "Costliest mistakes on dev",
        "Data",
        "Where",
    ):
        assert title in words
    assert outline.tags.count("img") == 9
    assert outline.tags.count("svg") == 3


def test_the_page_stands_alone(inputs: Inputs) -> None:
    content = page(inputs)
    outline = Outline(content)
    assert not {"script", "link", "iframe", "object", "base"} & set(outline.tags)
    loads = [value for key, value in outline.attributes if key in ("src", "href", "srcset")]
    assert loads
    assert all(value.startswith("data:image/png;base64,") for value in loads)
    style = content[content.index("<style>") : content.index("</style>")]
    assert not re.search(r"url\(|@import|http", style)
    assert not any(key.startswith("on") for key, _ in outline.attributes)


def test_names_are_text(inputs: Inputs) -> None:
    content = page(inputs)
    outline = Outline(content)
    assert "script" not in outline.tags
    for name in inputs.errors.answers.classes:
        assert name in outline.words
        assert any(key == "title" and value == name for key, value in outline.attributes)
    assert "NaN" not in content
    assert ">nan" not in content


def test_people_who_cannot_see_are_served(inputs: Inputs) -> None:
    content = page(inputs)
    outline = Outline(content)
    assert outline.tags.count("h1") == 1
    alts = [value for key, value in outline.attributes if key == "alt"]
    assert len(alts) == 9
    assert all("true class" in alt and "predicted" in alt for alt in alts)
    assert len(re.findall(r'<svg [^>]*role="img" aria-label="[^"]+"', content)) == 3
    assert outline.tags.count("caption") == outline.tags.count("table")
    assert all("scope=" in cell for cell in re.findall(r"<th\b[^>]*>", content))


@pytest.mark.parametrize("level", ["off", False])
def test_off_is_said_loudly(inputs: Inputs, level: Any) -> None:
    warning = "This result is not reproducible."
    promise = "give the same bits"
    loud, usual = page(with_level(inputs, level)), page(inputs)
    assert warning in loud
    assert promise not in loud
    assert warning not in usual
    assert promise in usual


def test_a_level_without_a_text_is_shown_as_it_is(inputs: Inputs) -> None:
    assert "<b>&lt;new&gt;</b>" in page(with_level(inputs, "<new>"))


def test_a_metric_where_lower_is_better(inputs: Inputs) -> None:
    metrics = {**inputs.metrics, "metric": "log_loss", "score": 0.25}
    words = Outline(page(dataclasses.replace(inputs, metrics=metrics))).words
    assert "Log loss 0.2500 on test" in words
    assert "Lower is better." in words


def test_training_without_an_epoch(inputs: Inputs) -> None:
    curves = {key: list[float | None]() for key in inputs.curves}
    assert "training ran no epoch" in page(dataclasses.replace(inputs, curves=curves))


def test_the_order_of_hashes_moves_no_byte(inputs: Inputs) -> None:
    code = (
        "import sys, hashlib; sys.path[:0] = sys.argv[1:]\n"
        "import conftest\n"
        "from samebits.report.page import page\n"
        "content = page(conftest.inputs.__wrapped__())\n"
        "print(hashlib.sha256(content.encode()).hexdigest())"
    )
    folders = [ROOT / "src", Path(__file__).parent, Path(__file__).parents[1]]
    digests = {
        subprocess.run(
            [sys.executable, "-B", "-c", code, *map(str, folders)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(digests) == 1
