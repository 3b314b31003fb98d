"""Every rule finds what it is there for, names it, and is silent about good data."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import md5
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from {{ cookiecutter.__package_name }}.data.findings import RULES, Table
from {{ cookiecutter.__package_name }}.errors import UserError
from {{ cookiecutter.__package_name }}.training.linear import out_of_fold

Check = Callable[..., tuple[dict[str, Any], Table]]
CORRECTIONS, ACCEPTED = "md5,old,new,who,why\n", "rule,subject,md5,reason\n"


def picture(path: Path, grey: int = 100, size: tuple[int, int] = (9, 9), mode: str = "L") -> None:
    """Write a plain picture, not quite like any other."""
    path.parent.mkdir(exist_ok=True)
    noise = np.random.default_rng(list(path.name.encode())).integers(0, 60, size[::-1])
    Image.fromarray((grey + noise).astype(np.uint8)).convert(mode).save(path)


def loose(raw: Path) -> None:
    picture(raw / "loose.png")
    (raw / "tree/more").mkdir()
    picture(raw / "tree/more/deep.png")


def empty_file(raw: Path) -> None:
    (raw / "tree/empty.png").write_bytes(b"")


def unreadable(raw: Path) -> None:
    content = (raw / "tree/000.png").read_bytes()
    (raw / "tree/text.png").write_text("not a picture", encoding="utf-8")
    (raw / "tree/cut.png").write_bytes(content[:90])
    (raw / "tree/open.png").write_bytes(content[:-12])
    (raw / "tree/broken.png").write_bytes(content.replace(b"IDAT", b"IDAT"[::-1]))
    (raw / "square/notes.txt").write_text("mine", encoding="utf-8")


def wrong_type(raw: Path) -> None:
    picture(raw / "tree/a.png")
    (raw / "tree/a.png").rename(raw / "tree/a.jpg")
    Image.new("L", (9, 9), 200).save(raw / "tree/b.png", "GIF")
    picture(raw / "tree/c.png")
    (raw / "tree/c.png").rename(raw / "tree/c.TXT")


def one_class(raw: Path) -> None:
    shutil.rmtree(raw / "square")
    shutil.rmtree(raw / "tree")


def empty_class(raw: Path) -> None:
    (raw / "house").mkdir()


def small_class(raw: Path) -> None:
    picture(raw / "house/a.png")
    shutil.copyfile(raw / "house/a.png", raw / "house/copy.png")
    picture(raw / "house/b.png")


def similar_classes(raw: Path) -> None:
    for number in range(12):
        picture(raw / "Tree" / f"capital {number}.png")
        picture(raw / "café" / f"one {number}.png")
        picture(raw / "cafe\u0301" / f"two {number}.png")


def two_labels(raw: Path) -> None:
    shutil.copyfile(raw / "tree/003.png", raw / "square/three.png")


def two_splits(raw: Path) -> None:
    for number in range(12):
        name = f"{number:03d}.png"
        shutil.copyfile(raw / "tree" / name, raw / "tree" / f"phone {name}")


def correction(raw: Path) -> None:
    row = f"{'0' * 32},tree,square,me,it is one\n"
    raw.with_name("corrections.csv").write_text(CORRECTIONS + row, encoding="utf-8")


def acceptance(raw: Path) -> None:
    row = "no-such-rule,tree/000.png,,so it is\n"
    raw.with_name("accepted.csv").write_text(ACCEPTED + row, encoding="utf-8")


def stale_acceptance(raw: Path) -> None:
    row = "odd-size,tree/000.png,,so it is\n"
    raw.with_name("accepted.csv").write_text(ACCEPTED + row, encoding="utf-8")


def wrong_label(raw: Path) -> None:
    (raw / "tree/005.png").rename(raw / "circle/wrong.png")


def near_duplicate(raw: Path) -> None:
    pixels = np.asarray(Image.open(raw / "tree/004.png")).copy()
    pixels[4, 4] ^= 3
    Image.fromarray(pixels).save(raw / "tree/nearly.png")


def copies(raw: Path) -> None:
    for name in ("one more", "another"):
        shutil.copyfile(raw / "tree/002.png", raw / f"tree/{name}.png")


def imbalance(raw: Path) -> None:
    for number in range(3, 12):
        (raw / f"tree/{number:03d}.png").unlink()


def odd_size(raw: Path) -> None:
    picture(raw / "tree/wide.png", size=(90, 9))
    picture(raw / "tree/low.png", size=(9, 2))


def odd_mode(raw: Path) -> None:
    picture(raw / "tree/colour.png", mode="RGB")


def reference(raw: Path, kind: str, place: int) -> None:
    bins = {"brightness": 20, "size": 40}
    statistics = {name: [0] * count for name, count in bins.items()}
    statistics["brightness"][2] = statistics["brightness"][7] = statistics["brightness"][13] = 12
    statistics["size"][6] = 36
    statistics[kind] = [36 * (one == place) for one in range(bins[kind])]
    release = {"version": "1.4", "data": "f" * 32, "statistics": statistics}
    raw.with_name("reference.json").write_text(json.dumps([release]), encoding="utf-8")


@dataclass
class Case:
    """A defect: how to plant it, the settings to look with, what the sentences must name."""

    plant: Callable[[Path], None]
    names: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    beside: tuple[str, ...] = ()  # rules that rightly find something as well


PLANTED = {
    "misplaced": Case(loose, ("loose.png: pictures stand in", "tree/more/deep.png: pictures")),
    "empty-file": Case(empty_file, ("tree/empty.png: the file has zero bytes",)),
    "unreadable": Case(
        unreadable,
        (
            *("tree/text.png", "tree/cut.png", "tree/broken.png"),
            *("tree/open.png: not a readable picture (it stops before its", "square/notes.txt"),
        ),
    ),
    "wrong-type": Case(
        wrong_type,
        (
            *(
                "tree/a.jpg: its content is PNG, whatever .jpg says",
                "tree/b.png: its content is GIF",
            ),
            "tree/c.TXT: its content is PNG, whatever .txt says; rename or convert it",
        ),
    ),
    "few-classes": Case(one_class, ("1 class(es) with pictures", "learning needs at least 2")),
    "empty-class": Case(empty_class, ("house has no readable picture",)),
    "small-class": Case(
        small_class, ("house has 2 picture(s) of its own",), beside=("copies", "near-duplicates")
    ),
    "similar-classes": Case(
        similar_classes, ("Tree and tree differ by case", "café"), {"near_duplicate": 0.0}
    ),
    "missing-class": Case(
        lambda _: None,
        ("house has no picture, but data.classes expects it",),
        {"classes": ("circle", "house", "square", "tree")},
    ),
    "unexpected-class": Case(
        lambda _: None, ("tree is not in data.classes",), {"classes": ("circle", "square")}
    ),
    "two-labels": Case(two_labels, ("square/three.png (square), tree/003.png (tree): one pict",)),
    "two-splits": Case(
        two_splits,
        ("tree/phone 00", "(train)", "(test)", ": one picture"),
        {"target": "*/phone *", "test_fraction": 0.4, "dev_fraction": 0.4},
        beside=("copies",),
    ),
    "corrections": Case(correction, ("corrections.csv, line 2: no picture has the content 000",)),
    "acceptance": Case(acceptance, ("accepted.csv, line 2: there is no rule no-such-rule",)),
    "stale-acceptance": Case(
        stale_acceptance, ("accepted.csv, line 2: nothing of odd-size is found for tree/000.png",)
    ),
    "label-error": Case(
        wrong_label,
        ("circle/wrong.png: labelled circle, but looks like tree",),
        {"out_of_fold": out_of_fold, "label_error": 0.5},
    ),
    "near-duplicates": Case(near_duplicate, ("tree/004.png and tree/nearly.png differ by 0.0",)),
    "copies": Case(copies, ("tree/002.png (tree) and others, 3 files: one picture",)),
    "imbalance": Case(
        imbalance, ("circle has 12 pictures, tree 3: more than 3 times",), {"imbalance": 3.0}
    ),
    "odd-size": Case(odd_size, ("tree/low.png: 9×2 pixels, where 9×9", "tree/wide.png: 90×9")),
    "odd-mode": Case(
        odd_mode, ("tree/colour.png: colour mode RGB, as 1 of 37",), {"odd_mode": 0.1}
    ),
    "brightness-drift": Case(
        lambda raw: reference(raw, "brightness", 19),
        ("brightness of the pictures: 100.0 % of them have moved since data version 1.4",),
        {"drift": 0.5},
    ),
    "size-drift": Case(
        lambda raw: reference(raw, "size", 12),
        ("size of the pictures: 100.0 % of them have moved since data version 1.4",),
        {"drift": 0.5},
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_planted_defect_is_found_and_named(raw: Path, check: Check, rule: str) -> None:
    case = PLANTED[rule]
    case.plant(raw)
    summary, table = check(raw, **case.settings)
    assert set(summary["found"]) - set(case.beside) == {rule}
    messages = [one["message"] for one in summary["findings"] if one["rule"] == rule]
    for name in case.names:
        assert any(name in one for one in messages), f"{name!r} is in none of {messages}"
    refusal = table.refusal()
    assert bool(refusal) == RULES[rule].error
    assert all(one in refusal for one in messages) or not RULES[rule].error


@pytest.mark.parametrize("rule", RULES)
def test_good_data_has_no_finding(raw: Path, check: Check, rule: str) -> None:
    settings = {key: one for key, one in PLANTED[rule].settings.items() if key != "classes"}
    summary, table = check(raw, **settings)
    assert summary["findings"] == []
    assert summary["errors"] == 0
    assert table.refusal() == ""


def test_one_run_reports_everything(raw: Path, check: Check) -> None:
    planted = (empty_file, unreadable, wrong_type, empty_class, two_labels, odd_size, acceptance)
    for plant in planted:
        plant(raw)
    summary, table = check(raw, classes=("circle", "square", "tree", "moon"))
    assert set(summary["found"]) >= {
        *("empty-file", "unreadable", "wrong-type", "empty-class", "missing-class"),
        *("unexpected-class", "two-labels", "odd-size", "acceptance"),
    }
    refusal = table.refusal()
    assert refusal.startswith(f"{summary['errors']} error(s) in the data:")
    errors = [one["message"] for one in summary["findings"] if one["severity"] == "error"]
    assert len(errors) == summary["errors"] == 13
    assert all(one in refusal for one in errors)


def test_a_class_that_is_expected_and_empty_is_one_error(raw: Path, check: Check) -> None:
    empty_class(raw)
    summary, _ = check(raw, classes=("circle", "house", "square", "tree"))
    assert (summary["errors"], set(summary["found"])) == (1, {"missing-class"})


def test_what_there_is(raw: Path, check: Check) -> None:
    Image.new("RGB", (30, 20)).save(raw / "tree/photograph.jpg")
    summary, _ = check(raw)
    assert summary["examples"] == 37
    assert summary["classes"] == {"circle": 12, "square": 12, "tree": 13}
    assert list(summary["classes"]) == ["circle", "square", "tree"]
    assert summary["sizes"] == {"30x20": 1, "9x9": 36}
    assert summary["modes"] == {"L": 36, "RGB": 1}
    assert summary["labels_examined"] == 37
    assert summary["compared_with"] is None


def test_a_name_that_tells_no_type_is_no_wrong_one(raw: Path, check: Check) -> None:
    for number, name in enumerate(("000", "cat.001", "a. b", "7f9c.v2", "tree.of life")):
        (raw / f"tree/{number:03d}.png").rename(raw / "tree" / name)
    assert check(raw)[0]["findings"] == []


def test_whatever_is_no_picture_is_named(raw: Path, check: Check) -> None:
    for name in ("notes", "notes.txt", "labels.csv", "Thumbs.db"):
        (raw / "tree" / name).write_bytes(b"no picture")
    found = [one["message"] for one in check(raw)[0]["findings"]]
    assert len(found) == 4
    for name in ("notes", "notes.txt", "labels.csv", "Thumbs.db"):
        assert f"tree/{name}: not a readable picture (" in "\n".join(found)


def test_hidden_files_and_folders_do_not_count(raw: Path, check: Check) -> None:
    (raw / ".DS_Store").write_bytes(b"x")
    (raw / "tree/._000.png").write_bytes(b"x")
    (raw / ".ipynb_checkpoints").mkdir()
    (raw / ".ipynb_checkpoints/000.png").write_bytes(b"x")
    summary, _ = check(raw)
    assert summary["classes"] == {"circle": 12, "square": 12, "tree": 12}
    assert summary["findings"] == []


def test_a_row_of_the_table(raw: Path, check: Check) -> None:
    copies(raw)
    summary, _ = check(raw)
    content = md5((raw / "tree/002.png").read_bytes()).hexdigest()
    assert summary["findings"] == [
        {
            "rule": "copies",
            "severity": "warning",
            "accepted": None,
            "message": "tree/002.png (tree) and others, 3 files: one picture; keep one of them.",
            "paths": ["tree/002.png", "tree/another.png", "tree/one more.png"],
            "md5": [content] * 3,
            "classes": [],
        }
    ]


def test_a_correction_moves_a_picture_to_its_class(raw: Path, check: Check) -> None:
    two_labels(raw)
    content = md5((raw / "tree/003.png").read_bytes()).hexdigest()
    row = f"{content},square,tree,me,it is one\n"
    raw.with_name("corrections.csv").write_text(CORRECTIONS + row, encoding="utf-8")
    summary, table = check(raw)
    assert table.refusal() == ""
    assert summary["found"] == {"copies": 1}
    assert summary["classes"] == {"circle": 12, "square": 12, "tree": 13}
    named = {"md5": content, "old": "square", "new": "tree", "who": "me", "why": "it is one"}
    assert summary["corrections"] == [{**named, "pictures": 1}]


def test_a_corrected_label_is_no_longer_in_doubt(raw: Path, check: Check) -> None:
    wrong_label(raw)
    content = md5((raw / "circle/wrong.png").read_bytes()).hexdigest()
    row = f"{content},circle,tree,me,it is one\n"
    raw.with_name("corrections.csv").write_text(CORRECTIONS + row, encoding="utf-8")
    assert check(raw, out_of_fold=out_of_fold, label_error=0.5)[0]["found"] == {}


def test_an_accepted_error_stops_nothing_and_keeps_its_reason(raw: Path, check: Check) -> None:
    unreadable(raw)
    rows = "unreadable,tree/*,,we know\nunreadable,square/notes.txt,,notes\n"
    raw.with_name("accepted.csv").write_text(ACCEPTED + rows, encoding="utf-8")
    summary, table = check(raw)
    assert table.refusal() == ""
    assert (summary["errors"], summary["accepted"]) == (0, {"unreadable": 5})
    assert {one["accepted"] for one in summary["findings"]} == {"we know", "notes"}
    assert summary["left_out"] == [
        *("square/notes.txt", "tree/broken.png", "tree/cut.png", "tree/open.png", "tree/text.png")
    ]


def test_a_damaged_reference(raw: Path, check: Check) -> None:
    raw.with_name("reference.json").write_text('[{"version": "1"}]', encoding="utf-8")
    with pytest.raises(UserError, match=r"reference\.json is not what a release writes; restore"):
        check(raw)


def test_pixels_that_were_changed_since_are_made_again(raw: Path, check: Check) -> None:
    near_duplicate(raw)
    expected, _ = check(raw)
    (block,) = raw.with_name("decoded").rglob("*.npy")
    content = bytearray(block.read_bytes())
    content[-36 * 64 :] = bytes(36 * 64)
    block.write_bytes(content)
    assert check(raw)[0] == expected


def test_no_folder(tmp_path: Path, check: Check) -> None:
    with pytest.raises(UserError, match=r"is not there; get the data with 'dvc pull data/raw\.dv"):
        check(tmp_path / "raw")


def test_no_picture_at_all(tmp_path: Path, check: Check) -> None:
    (tmp_path / "raw").mkdir()
    summary, table = check(tmp_path / "raw")
    assert "0 class(es) with pictures" in table.refusal()
    assert summary["examples"] == 0


@pytest.mark.parametrize("source", ["*/phone *", "circle/*"])
def test_a_copy_that_nothing_learns_from_is_in_no_split(
    raw: Path, check: Check, source: str
) -> None:
    two_splits(raw)
    settings = {"target": "*/phone *", "test_fraction": 0.3, "dev_fraction": 0.3}
    whole = check(raw, **settings)[0]["found"]
    assert whole["two-splits"] > 0
    # One that is evaluated may be left out of training under its other name, or all copies be.
    assert check(raw, source=source, **settings)[0]["found"] == {"copies": 12}


def test_corrections_that_leave_one_class(raw: Path, check: Check) -> None:
    shutil.rmtree(raw / "circle")
    rows = [
        f"{md5(path.read_bytes()).hexdigest()},tree,square,me,it is one\n"
        for path in sorted((raw / "tree").iterdir())
    ]
    raw.with_name("corrections.csv").write_text(CORRECTIONS + "".join(rows), encoding="utf-8")
    summary, table = check(raw)
    assert summary["classes"] == {"square": 24}
    assert "1 class(es) with pictures in data/raw; learning needs at least 2" in table.refusal()
