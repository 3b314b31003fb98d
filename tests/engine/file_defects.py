"""Data sets whose files or tables have a known defect: `OF_FILES[rule]`."""

from pathlib import Path

from defects import ACCEPTED, CORRECTIONS, Case, image_file

from samebits.data.readers import Labels


def loose(raw: Path) -> None:
    image_file(raw / "loose.png")
    (raw / "tree/more").mkdir()
    image_file(raw / "tree/more/deep.png")


def empty_file(raw: Path) -> None:
    (raw / "tree/empty.png").write_bytes(b"")


def unreadable(raw: Path) -> None:
    content = (raw / "tree/000.png").read_bytes()
    (raw / "tree/text.png").write_text("not an example", encoding="utf-8")
    (raw / "tree/cut.png").write_bytes(content[:90])
    (raw / "tree/open.png").write_bytes(content[:-12])
    (raw / "tree/broken.png").write_bytes(content.replace(b"IDAT", b"IDAT"[::-1]))
    (raw / "square/notes.txt").write_text("mine", encoding="utf-8")


def labels(raw: Path, *rows: str) -> None:
    """Write a table of labels next to the examples, with more rows."""
    known = [f"{path.relative_to(raw).as_posix()},{path.parent.name}" for path in raw.rglob("*.*")]
    text = "\n".join(["path,class", *sorted(known), *rows, ""])
    (raw / "labels.csv").write_text(text, encoding="utf-8")


def unlabelled(raw: Path) -> None:
    labels(raw, "tree/003.png,square")
    image_file(raw / "loose.png")


def untimed(raw: Path) -> None:
    in_column(raw, "number", [str(number % 12) for number in range(36)], 27, "seven")


def ungrouped(raw: Path) -> None:
    in_column(raw, "walk", [f"g{number}" for number in range(36)], 27, "")


def in_column(raw: Path, name: str, cells: list[str], row: int, odd: str) -> None:
    """Write a table of labels with another column, which has one odd cell."""
    labels(raw)
    table = raw / "labels.csv"
    header, *rows = table.read_text(encoding="utf-8").splitlines()
    cells[row] = odd
    lines = (f"{row},{cell}" for row, cell in zip(rows, cells, strict=True))
    table.write_text("\n".join([f"{header},{name}", *lines]), encoding="utf-8")


def correction(raw: Path) -> None:
    row = f"{'0' * 32},tree,square,me,it is one\n"
    raw.with_name("corrections.csv").write_text(CORRECTIONS + row, encoding="utf-8")


def acceptance(raw: Path) -> None:
    row = "no-such-rule,tree/000.png,,so it is\n"
    raw.with_name("accepted.csv").write_text(ACCEPTED + row, encoding="utf-8")


def stale_acceptance(raw: Path) -> None:
    row = "odd-size,tree/000.png,,so it is\n"
    raw.with_name("accepted.csv").write_text(ACCEPTED + row, encoding="utf-8")


OF_FILES = {
    "misplaced": Case(loose, ("loose.png: files belong in", "tree/more/deep.png: files")),
    "empty-file": Case(empty_file, ("tree/empty.png: the file has zero bytes",)),
    "unreadable": Case(
        unreadable,
        (
            *("tree/text.png", "tree/cut.png", "tree/broken.png"),
            *("tree/open.png: not a readable example (it is truncated", "square/notes.txt"),
        ),
    ),
    "unlabelled": Case(
        unlabelled,
        (
            "loose.png: labels.csv does not name it; add it, or remove it",
            "tree/003.png: labels.csv, line 38, names it, and so does line 29; keep one of them",
        ),
        {"reader": Labels("class")},
    ),
    "untimed": Case(
        untimed,
        ("tree/003.png: labels.csv, line 29, has seven as number, which is neither a number",),
        {"reader": Labels("class", "number"), "train_dev_fraction": 0.4},
    ),
    "ungrouped": Case(
        ungrouped,
        ("tree/003.png: labels.csv, line 29, has no walk, so its group might end up",),
        {"reader": Labels("class", group="walk"), "train_dev_fraction": 0.4},
        ("unseen-class",),
    ),
    "missing-file": Case(
        lambda raw: labels(raw, "tree/100.png,tree", "../tree/1.png,tree"),
        (
            "tree/100.png: labels.csv, line 38, names it, but there is no such file, or a hidden",
            "../tree/1.png: labels.csv, line 39, names it, but this leaves its folder through",
        ),
        {"reader": Labels("class")},
    ),
    "odd-name": Case(
        lambda raw: image_file(raw / "tree/con.png"), ("tree/con.png is the name of a device",)
    ),
    "corrections": Case(correction, ("corrections.csv, line 2: no example has the content 000",)),
    "acceptance": Case(acceptance, ("accepted.csv, line 2: there is no rule no-such-rule",)),
    "stale-acceptance": Case(
        stale_acceptance,
        ("accepted.csv, line 2: odd-size no longer finds anything about tree/000.png",),
    ),
}
