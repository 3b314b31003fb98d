"""Outputs of stages in reports/, read again."""

from pathlib import Path

from samebits.core.stage_outputs import read_curves


def test_numbers_that_are_not_finite_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "curves.csv"
    path.write_text("epoch,dev_loss\n1,nan\n2,\n3,inf\n4,0.5\n", encoding="utf-8")
    assert read_curves(path, "train")["dev_loss"] == [None, None, None, 0.5]
