"""No module knows both what an example is made of and what its answer is.

So any kind of example works with any kind of answer: M + N parts, not M × N.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

ENGINE = ROOT / "src" / "samebits"
# Modules only for images, texts, rows or series; and only for classes, numbers or masks.
MODALITIES = {
    *("data.image", "data.mask", "data.series", "data.table", "data.text"),
    *("core.resize", "core.png", "checks.near_duplicates", "training.augmentation"),
    "report.overlays",
}
TARGETS = {
    *("training.class_target", "training.class_set_target"),
    *("training.number_target", "training.mask_target"),
    *("training.softmax_regression", "training.logistic_regression"),
    "training.linear_regression",
    *("metrics.class_set_sample", "metrics.class_set_metrics", "metrics.class_set_predictions"),
    *("checks.class_set_rules", "report.class_set_parts", "checks.mask_label_errors"),
    *("metrics.class_sample", "metrics.class_metrics", "metrics.class_predictions"),
    *("metrics.number_sample", "metrics.number_metrics", "metrics.number_predictions"),
    *("metrics.mask_sample", "metrics.mask_metrics", "metrics.mask_predictions"),
    *("metrics.probabilities", "checks.label_errors", "checks.number_rules", "checks.mask_rules"),
    *("report.class_parts", "report.number_parts", "report.confusions", "report.calibration"),
    "report.mask_parts",
}


def imported(text: str, module: str) -> Iterator[str]:
    """The modules of the engine that a module names in its imports, and itself."""
    yield module
    package = module.split(".")[:-1]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.level:
            above = package[: len(package) + 1 - node.level]
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}".lstrip(".") for alias in node.names)


def knows(text: str, module: str) -> tuple[set[str], set[str]]:
    """The modalities and the targets that it knows."""
    modules = set(imported(text, module))
    return modules & MODALITIES, modules & TARGETS


MODULES = {
    ".".join(path.relative_to(ENGINE).with_suffix("").parts): path
    for path in sorted(ENGINE.rglob("*.py"))
}


def test_the_parts_are_there() -> None:
    assert MODULES.keys() >= MODALITIES | TARGETS


@pytest.mark.parametrize("module", MODULES)
def test_no_module_knows_both(module: str) -> None:
    modalities, targets = knows(MODULES[module].read_text("utf-8"), module)
    assert not (modalities and targets), f"{module} knows {modalities} and {targets}"


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("metrics.class_sample", "from ..data.image import open_image"),
        ("data.image", "from ..metrics import class_sample"),
        (
            "cli.own",
            "from ..data.text import trigrams\nfrom ..metrics.number_sample import NumberSample",
        ),
    ],
)
def test_one_that_does_is_seen(module: str, line: str) -> None:
    assert all(knows(line, module))


def test_what_is_imported_is_told() -> None:
    text = "from .a import b\nfrom .. import c\nfrom ..d import e\nimport os\n"
    told = {*imported(text, "data.x")}
    assert {"data.a", "data.a.b", "c", "d", "d.e"} <= told
    assert Path(MODULES["data.image"]).name == "image.py"
