"""The message when a version is checked out, and how to go back."""

from collections.abc import Callable
from pathlib import Path


def test_there_and_back(released: Path, verb: Callable[..., str]) -> None:
    said = [verb("data checkout", name) for name in ("1.0", "committed")]
    assert "".join(said).splitlines() == [
        "data/raw holds version 1.0 of the data now. Next: 'dvc repro' to run this code with it, "
        "'samebits data checkout committed' to go back.",
        "data/raw holds the data of the last commit now. Next: 'dvc repro' to run this code with "
        "it.",
    ]
