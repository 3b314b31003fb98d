"""What an answer is: a class or a number."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Answers:
    """What an answer is: `target` as params.yaml has it; the names of `classes`, [] of none."""

    target: str
    classes: list[str]
