"""The space of a search: keys of params.yaml, each with the values it may take.

model.width=8,16,32                    one of these
regularization.dropout=0..0.5          any number between these, both included
optimization.learning_rate=1e-4..1e-1:log    the same, with its logarithm spread evenly
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..console.errors import UserError
from ..core.config import problems, sections

if TYPE_CHECKING:
    from optuna import Trial

# Why a search over these sections or keys makes no sense.
FIXED = {
    "task": "changes what is learnt, so its scores cannot be compared",
    "evaluation": "changes what counts as good, so its scores cannot be compared",
    "reproducibility": "is not an idea to try; `samebits exp seeds` runs other seeds",
    "runtime": "cannot change a result",
    **dict.fromkeys(
        ("data.dev_fraction", "data.test_fraction", "data.evaluate_on", "data.group"),
        "changes the examples that are scored, so its scores cannot be compared",
    ),
}


@dataclass(frozen=True, slots=True)
class Knob:
    """A key of params.yaml and its values: one of `choices`, or from `low` to `high`."""

    key: str
    choices: tuple[Any, ...] = ()
    low: float = 0
    high: float = 0
    log: bool = False
    whole: bool = False

    def draw(self, trial: "Trial") -> Any:
        """Return the value that the search tries next."""
        if self.choices:
            return trial.suggest_categorical(self.key, self.choices)
        if self.whole:
            return trial.suggest_int(self.key, int(self.low), int(self.high), log=self.log)
        # Six digits are precise enough, and readable in params.yaml.
        return float(f"{trial.suggest_float(self.key, self.low, self.high, log=self.log):.6g}")


def knobs(texts: Sequence[str], params: Mapping[str, Any]) -> list[Knob]:
    """Return the knobs that the texts `key=values` describe.

    Args:
        texts: in the forms that the module's docstring shows.
        params: the content of params.yaml, against which each value is checked.

    Raises:
        UserError: texts are wrong; the message lists all problems.
    """
    parsed: list[Knob] = []
    wrong: list[str] = []
    for text in texts:
        try:
            knob = _knob(text, params)
            if any(knob.key == other.key for other in parsed):
                raise UserError(f"{knob.key} is given twice; give it once.")
            parsed.append(knob)
        except UserError as error:
            wrong.append(str(error))
    if not texts:
        wrong.append("there is nothing to search over; give keys, such as model.width=8,16,32.")
    if wrong:
        raise UserError("\n       ".join(wrong))
    return parsed


def _knob(text: str, params: Mapping[str, Any]) -> Knob:
    key, equals, values = text.partition("=")
    section, _, name = key.partition(".")
    if not equals or not name or not values:
        raise UserError(f"'{text}' is not of the form section.key=values.")
    for fixed in (key, section):
        if fixed in FIXED:
            raise UserError(f"{key}: {fixed} {FIXED[fixed]}; search over another key.")
    knob = _range(key, values) if ".." in values else _choices(key, values)
    ends = knob.choices or (knob.low, knob.high)
    for value in map(int, ends) if knob.whole else ends:
        changed = {title: dict(values) for title, values in params.items()}
        changed.setdefault(section, {})[name] = value
        if wrong := [
            problem for problem in problems(changed) if name in problem or section in problem
        ]:
            raise UserError(f"{text}: {wrong[0]}")
    return knob


def _choices(key: str, values: str) -> Knob:
    return Knob(key, tuple(map(_value, values.split(","))))


def _value(text: str) -> bool | int | float | str:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _range(key: str, values: str) -> Knob:
    number = r"[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?"
    shape = re.fullmatch(rf"({number})\.\.({number})(:log)?", values)
    if shape is None:
        raise UserError(f"'{key}={values}' is not a range; write low..high or low..high:log.")
    low, high, log = float(shape[1]), float(shape[2]), shape[3] is not None
    whole = _is_whole(key)
    if whole and not (low.is_integer() and high.is_integer()):
        raise UserError(f"'{key}={values}': {key} takes whole numbers.")
    if low >= high or (log and low <= 0):
        why = "the lower end must be below the upper" if low >= high else "log needs ends above 0"
        raise UserError(f"'{key}={values}': {why}.")
    return Knob(key, low=low, high=high, log=log, whole=whole)


def _is_whole(key: str) -> bool:
    section, _, name = key.partition(".")
    known = sections().get(section, {})
    return name in known and known[name].type is int and "choices" not in known[name].rules
