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
    *("checks.image_rules", "report.overlays"),
}
TARGETS = {
    *("training.class_target", "training.class_set_target"),
    *("training.number_target", "training.mask_target"),
    *("training.softmax_regression", "training.logistic_regression"),
    *("training.linear_regression", "training.class_weights"),
    *("training.pixel_regression", "training.pixel_forest"),
    *("metrics.class_set_sample", "metrics.class_set_metrics", "metrics.class_set_predictions"),
    *("checks.class_rules", "checks.class_set_rules", "checks.mask_label_errors"),
    *("metrics.class_sample", "metrics.class_metrics", "metrics.class_predictions"),
    *("metrics.number_sample", "metrics.number_metrics", "metrics.number_predictions"),
    *("metrics.mask_sample", "metrics.mask_metrics", "metrics.mask_predictions"),
    *("metrics.probabilities", "checks.label_errors", "checks.number_rules", "checks.mask_rules"),
    *("report.class_parts", "report.number_parts", "report.confusions", "report.calibration"),
    *("report.class_set_parts", "report.mask_parts", "report.number_plots", "data.drawn_masks"),
    *("diagnosis.class_errors", "diagnosis.class_set_errors"),
    *("diagnosis.mask_errors", "diagnosis.number_errors"),
}
# Of these, those that join both, because a mask is an answer and as large as its image.
BOTH = {
    "data.mask": "reads an image and its mask from one content",
    "report.overlays": "draws masks over their image",
    "training.pixel_regression": "learns the class of a pixel of an image",
    "training.pixel_forest": "the same, with trees",
}
WORDS = {"image", "pixel", "mask", "class", "number", "text", "table", "series"}
# Modules whose names have such a word, and that know neither.
NEITHER = {
    "core.csv_table": "any table that people keep in Git",
    "metrics.prediction_table": "a table with the answers of every target",
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
    assert MODULES.keys() >= MODALITIES | TARGETS | NEITHER.keys()
    assert BOTH.keys() <= MODALITIES | TARGETS
    assert not MODALITIES & TARGETS


def words(module: str) -> set[str]:
    """The words of a module's name that are those of a modality or a target."""
    named = {*module.rpartition(".")[2].split("_")}
    return (named | {word.removesuffix("s") for word in named}) & WORDS


@pytest.mark.parametrize("module", [*filter(words, MODULES)])
def test_none_is_forgotten(module: str) -> None:
    known = module in MODALITIES | TARGETS | NEITHER.keys()
    assert known, f"list {module}, by its name of {' and '.join(words(module))}, above"


def test_a_name_is_seen() -> None:
    assert words("checks.image_rules") == {"image"}
    assert words("data.drawn_masks") == {"mask"}
    assert words("report.class_set_parts") == {"class"}
    assert not words("data.loader")


@pytest.mark.parametrize("module", sorted(MODULES.keys() - BOTH.keys()))
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
