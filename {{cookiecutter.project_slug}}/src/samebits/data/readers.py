"""The readers of section `task`, which find examples and their answers.

Each reader turns the files below data/raw into examples: contents, and the texts of their answers.
What cannot be an example names the rule of findings.py that refuses it, so `validate` reports all
problems at once; a table with wrong columns is an error.
"""

from collections.abc import Callable, Mapping

from ..console.errors import UserError
from ..core.sections import Data, Task
from .reader_base import TABLES, Reader
from .reader_folders import Folders
from .reader_labels import LABELS, PATH, Labels
from .reader_lines import Lines
from .reader_pairs import Pairs

__all__ = ["FOLDERS", "TABLES", "Folders", "Labels", "Lines", "Pairs", "Reader", "reader_of"]
FOLDERS = Folders()


# By name, the readers that need the columns of the answer, the time and the group, and whether an
# answer may name several classes.
WITH_TABLE: Mapping[str, Callable[[str, str, str, bool], Reader]] = {
    "labels": Labels,
    "lines": Lines,
}
ALONE: Mapping[str, Reader] = {"folders": FOLDERS, "pairs": Pairs()}
SAYS = {"folders": "the folder", "pairs": "the mask"}  # what gives the answer


def reader_of(task: Task, data: Data) -> Reader:
    """Return the reader that section `task` names.

    Raises:
        UserError: other keys do not fit it.
    """
    if task.reader in ALONE:
        for key in ("answer", "time", "group_by"):
            if value := getattr(task, key):
                raise UserError(
                    f"params.yaml: 'task.{key}' is {value!r}, but the reader {task.reader} has no "
                    f"table with such a column, because {SAYS[task.reader]} is the answer; set it "
                    "to ''."
                )
        if task.reader == "folders" and task.target == "classes":
            raise UserError(
                "params.yaml: 'task.target' is classes, but the reader folders gives a file the "
                "one class of its folder; set task.reader to labels or lines, or target to class."
            )
        return ALONE[task.reader]
    if not task.answer:
        raise UserError(
            f"params.yaml: 'task.answer' is empty, but the reader {task.reader} needs it; name the "
            "column that holds the answer."
        )
    if task.reader == "labels":
        if task.answer == PATH:
            raise UserError(
                f"params.yaml: 'task.answer' is {PATH!r}, but that column of {LABELS} names the "
                "files; name another."
            )
    elif data.layout != "files":
        raise UserError(
            f"params.yaml: 'data.layout' is {data.layout}, but the reader lines has few files "
            "already; set it to files."
        )
    for key, what in (("time", "say the time"), ("group_by", "name the group")):
        if getattr(task, key) == task.answer:
            raise UserError(
                f"params.yaml: 'task.{key}' and 'task.answer' are both {task.answer!r}; {what} in "
                "another column."
            )
    for key, group in (("data.group", data.group), ("task.group_by", task.group_by)):
        if task.time and group:
            raise UserError(
                f"params.yaml: 'task.time' and '{key}' are both set, but a group can span the "
                "cut between train and test; set one of them to ''."
            )
    if task.group_by and data.group:
        raise UserError(
            "params.yaml: 'task.group_by' and 'data.group' are both set, but an example is in one "
            "group; set one of them to ''."
        )
    return reader_named(task.reader, task.answer, task.time, task.group_by, task.target)


def reader_named(
    name: str, answer: str, time: str = "", group: str = "", target: str = "class"
) -> Reader:
    """Return a reader by its name in params.yaml, for answers of `target`.

    Raises:
        KeyError: no reader has this name.
    """
    if name in ALONE:
        return ALONE[name]
    return WITH_TABLE[name](answer, time, group, target == "classes")
