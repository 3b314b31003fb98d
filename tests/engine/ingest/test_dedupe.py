"""Exact copies: listed, removed but for one of each, and left where a person must say which."""

import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pairs
import pytest
import yaml
from collecting import POINTER, RAW, content
from conftest import image_file

from samebits.arguments import parse
from samebits.console.errors import UserError
from samebits.data.raw_pointer import origin, record_origin
from samebits.ingest import dedupe
from samebits.versions.working_data import keep, state, working_version

Settle = Callable[..., None]
Run = Callable[..., list[str]]
CORRECTIONS = Path("data/corrections.csv")


@pytest.fixture
def run(unreleased: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the verb in this process; return the lines that it tells."""

    def call(*arguments: str) -> list[str]:
        dedupe.main(parse(["data", "dedupe", *arguments]))
        return capsys.readouterr().out.splitlines()

    return call


def copy(source: str, *names: str) -> str:
    """Copy an example; return its MD5."""
    for name in names:
        (RAW / name).parent.mkdir(parents=True, exist_ok=True)
        (RAW / name).write_bytes((RAW / source).read_bytes())
    return hashlib.md5((RAW / source).read_bytes()).hexdigest()


def test_copies_are_listed_and_then_removed(run: Run) -> None:
    before = content(RAW)
    assert run() == ["data/raw: no two files hold the same example."]
    copy("tree/0.png", "tree/zz.png", "tree/a.png")
    copy("circle/1.png", "circle/2 (1).png")
    keep()
    size = 2 * len(before["tree/0.png"]) + len(before["circle/1.png"])
    listed = [
        f"data/raw: 3 copies ({size:,} bytes), each after what stays:",
        "  circle/1.png, circle/2 (1).png",
        "  tree/0.png, tree/a.png, tree/zz.png",
    ]
    *said, last = run()
    assert [said[0], *sorted(said[1:])] == listed
    assert last == "'samebits data dedupe --apply' removes all but the first of each."
    assert len(content(RAW)) == 12
    said = run("--apply")
    assert said[3] == f"data/raw: version {working_version()}"
    assert said[4] == "next: commit data/raw.dvc, then run 'dvc repro' and commit dvc.lock"
    assert content(RAW) == before
    assert state() == ""
    assert run("--apply")[1:] == [f"data/raw: version {working_version()}"]


def test_copies_that_never_had_a_version(run: Run) -> None:
    """Without them the data is again what its version says, so there is nothing to commit."""
    before = working_version()
    copy("tree/0.png", "tree/a.png")
    assert run("--apply")[2:] == [f"data/raw: version {before}"]
    assert state() == ""


def test_where_it_came_from_stays_in_the_pointer(run: Run) -> None:
    record_origin(POINTER, {"kind": "folder", "source": "mine", "files": 9})
    copy("tree/0.png", "tree/a.png")
    run("--apply")
    assert origin(POINTER) is not None  # the examples are those that came from there
    (RAW / "tree/0.png").write_bytes(image_file(2, 99))
    copy("tree/0.png", "tree/a.png")
    run("--apply")
    assert origin(POINTER) is None
    assert "source: mine" in POINTER.read_text("utf-8")


def test_copies_with_different_answers_stay(run: Run) -> None:
    copy("tree/0.png", "circle/a.png", "circle/b.png")
    before = content(RAW)
    said = run("--apply")
    assert said[0].startswith(
        "data/raw: copies that stay, because their answers differ; write the r"
    )
    assert said[1] == "  circle/a.png (circle), circle/b.png (circle), tree/0.png (tree)"
    assert content(RAW) == before


def test_a_correction_says_which_answer_is_right(run: Run) -> None:
    """The file that needs no correction stays, and the correction goes with the other."""
    md5 = copy("tree/0.png", "circle/a.png")
    other = copy("tree/1.png", "tree/b.png")
    keep()
    CORRECTIONS.write_text(
        f"md5,old,new,who,why\n{md5.upper()},circle,tree,me,seen\n{other},tree,square,me,no\n",
        "utf-8",
    )
    said = run("--apply")
    assert sorted(said[1:3]) == ["  tree/0.png, circle/a.png", "  tree/1.png, tree/b.png"]
    assert said[-1].startswith("next: commit data/raw.dvc and data/corrections.csv, then run")
    assert not (RAW / "circle/a.png").exists()
    assert CORRECTIONS.read_text("utf-8") == f"md5,old,new,who,why\n{other},tree,square,me,no\n"


@pytest.mark.parametrize(
    "data",
    [{"group": "[a-z]+/[a-z]+"}, {"evaluate_on": "*/a*"}, {"train_on": "*/[0-9]*"}],
    ids=lambda data: next(iter(data)),
)
def test_copies_that_stand_for_different_things_stay(
    run: Run, settle: Settle, data: Mapping[str, str]
) -> None:
    settle(Path("params.yaml"), data=data)
    copy("tree/0.png", "tree/a.png")
    said = run("--apply")
    assert said[0].startswith(
        "data/raw: copies that stay, because their groups, times or origins d"
    )
    assert (RAW / "tree/a.png").exists()


def test_accepted_copies_are_meant(run: Run) -> None:
    copy("tree/0.png", "tree/a.png")
    copy("tree/1.png", "tree/b.png")
    text = "rule,subject,md5,reason\ncopies,tree/a.png,,they are meant\n"
    Path("data/accepted.csv").write_text(text, "utf-8")
    assert run("--apply")[1] == "  tree/1.png, tree/b.png"
    assert (RAW / "tree/a.png").exists()
    assert not (RAW / "tree/b.png").exists()


@pytest.fixture
def tabled(unreleased: Path, settle: Settle) -> Path:
    """The examples with their answers in a table; one has a copy, one is not named."""
    settle(Path("params.yaml"), task={"reader": "labels", "answer": "kind"})
    copy("tree/0.png", "more/a.png")
    copy("tree/1.png", "more/b.png")
    paths = [path.relative_to(RAW).as_posix() for path in sorted(RAW.rglob("*.png"))]
    rows = [f'"{path}",{path[0]},ü\r\n' for path in paths if path != "more/b.png"]
    rows = [row.replace(",m,", ",t,") for row in rows]
    table = RAW / "labels.csv"
    table.write_bytes(b"\xef\xbb\xbf" + "".join(["path,kind,more\r\n", "\r\n", *rows]).encode())
    return table


def test_the_row_of_a_table_goes_with_its_file(tabled: Path, run: Run) -> None:
    before = tabled.read_bytes()
    said = run("--apply")
    assert sorted(said[1:3]) == ["  more/a.png, tree/0.png", "  tree/1.png, more/b.png"]
    assert tabled.read_bytes() == before.replace('"tree/0.png",t,ü\r\n'.encode(), b"")
    assert not (RAW / "tree/0.png").exists()
    assert not (RAW / "more/b.png").exists()
    assert (RAW / "tree/1.png").exists()


@pytest.mark.parametrize("kept", range(3))
def test_a_kill_loses_nothing_and_the_next_call_ends_it(
    tabled: Path, run: Run, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    """Wherever it is killed: after the table, after a file, before the version."""
    contents = {path.read_bytes() for path in RAW.rglob("*.png")}
    unlink, gone = Path.unlink, list[Path]()

    def killed(path: Path, **options: bool) -> None:
        if path.suffix == ".png":
            if len(gone) == kept:
                raise KeyboardInterrupt
            gone.append(path)
        unlink(path, **options)

    def no_version() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killed)
        patch.setattr(dedupe, "keep", no_version)
        with pytest.raises(KeyboardInterrupt):
            run("--apply")
    assert {path.read_bytes() for path in RAW.rglob("*.png")} == contents
    run("--apply")
    assert state() == ""
    images = [data for name, data in content(RAW).items() if name.endswith(".png")]
    assert len(images) == len({*images}) == 9
    assert tabled.read_bytes().count(b"png") == 9


def test_pairs_of_an_image_and_a_mask(unreleased: Path, run: Run, settle: Settle) -> None:
    """A pair is a copy if both files are; one image with two masks is for a person to judge."""
    given = {"reader": "pairs", "target": "mask"}
    settle(Path("params.yaml"), task=given, data={"classes": [*pairs.NAMES]})
    for path in sorted(RAW.iterdir()):
        path.rename(path.parent.parent / f"old-{path.name}")
    pairs.filled(RAW, 3)
    first, second, third = (f"{number:03d}.png" for number in range(3))
    copy(f"images/{first}", "images/a.png")
    copy(f"masks/{first}", "masks/a.png")
    copy(f"images/{second}", "images/b.png")
    copy(f"masks/{third}", "masks/b.png")
    said = run("--apply")
    assert said[1] == f"  images/{first}, images/a.png"
    assert "their masks differ" in said[2]
    assert said[3] == f"  images/{second} (masks/{second}), images/b.png (masks/b.png)"
    assert not (RAW / "images/a.png").exists()
    assert not (RAW / "masks/a.png").exists()
    assert len(content(RAW)) == 8


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_does_not_take_its_file_along(run: Run) -> None:
    (RAW / "tree/linked.png").symlink_to("0.png")
    (RAW / "more").symlink_to("circle", target_is_directory=True)
    assert "because one is a link, or below a linked folder" in run("--apply")[0]
    assert (RAW / "tree/0.png").is_file()
    assert len([*(RAW / "circle").iterdir()]) == 3


def test_rows_are_left_alone(run: Run, settle: Settle) -> None:
    settle(Path("params.yaml"), task={"reader": "lines", "answer": "kind"})
    with pytest.raises(UserError, match="examples that are rows have no copies to remove"):
        run()


def test_archives_are_unpacked_first(run: Run) -> None:
    (RAW / "pictures-0.tar").write_bytes(b"")
    with pytest.raises(UserError, match=r"data/raw is packed; set data\.layout to files"):
        run()


def test_what_was_imported_stays_as_it_is_there(run: Run) -> None:
    known = yaml.safe_load(POINTER.read_text(encoding="utf-8"))
    known |= {"deps": [{"path": "s3://bucket/pictures"}], "frozen": True}
    POINTER.write_text(yaml.safe_dump(known), encoding="utf-8")
    with pytest.raises(
        UserError, match="would bring the copies again; remove them where they came"
    ):
        run()
