"""Each idea's command is valid for params.yaml, and starts from its values."""

import copy
import json
import shlex
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
import yaml
from conftest import shipped
from handwritten_digits import model as network_file
from handwritten_digits.model import Model
from handwritten_digits.training import Augmentation
from predicted import ERRORS

from samebits.core.config import _StrictLoader, problems
from samebits.core.sections import Data, Evaluation, Optimization, Regularization
from samebits.data.loader import Split
from samebits.diagnosis import remedies
from samebits.diagnosis.gaps import LINKS
from samebits.diagnosis.ideas import SAME, DiagnosisSettings, Idea, run
from samebits.training import network as networks

pytestmark = pytest.mark.usefixtures("params")
SECTIONS = ("data", "optimization", "regularization", "evaluation")
CAUSES = ("high rate", "low rate", "short", "regularized", "small", "labels")


def growth(model: Model, size: int) -> dict[str, dict[str, Any]]:
    """What evaluate lists as other networks for images of this size."""
    images = {"image": np.zeros((2, 1, size, size), np.uint8)}
    examples = Split(images, np.arange(2), ["a", "b"], "version")
    with mock.patch.object(networks, "read", lambda _: model):
        return networks.growth(network_file, examples)


SETTINGS = DiagnosisSettings(
    ERRORS,
    shipped(Data),
    shipped(Optimization),
    shipped(Regularization),
    shipped(Evaluation),
    asdict(shipped(Augmentation)),
    growth(shipped(Model), 8),
)
SMALL = Model(width=1, depth=2, activation="gelu")
EXTREME = DiagnosisSettings(
    ERRORS,
    replace(SETTINGS.data, dev_fraction=0.49, test_fraction=0.49, train_fraction=0.5, train_on="a"),
    replace(SETTINGS.optimization, optimizer="sgd", clip=1.0),
    replace(
        SETTINGS.regularization,
        dropout=0.98,
        weight_decay=1e5,
        label_smoothing=0.98,
        early_stopping=3,
    ),
    SETTINGS.evaluation,
    {"rotation": 180.0, "shift": 1.0, "flip": True},
    growth(SMALL, 4),
)


def every(settings: DiagnosisSettings) -> list[Idea]:
    offered = [*remedies.target_met(settings), *remedies.more_examples(settings)]
    for link in LINKS:
        for cause in (None, *CAUSES):
            offered += remedies.ideas(link.name, cause, settings)
    return offered


@pytest.mark.parametrize(
    ("settings", "model"),
    [(SETTINGS, shipped(Model)), (EXTREME, SMALL)],
    ids=["shipped", "extreme"],
)
def test_every_command_sets_keys_that_there_are_to_values_that_they_take(
    settings: DiagnosisSettings, model: Model, params: Path
) -> None:
    for idea in every(settings):
        content = yaml.safe_load(params.read_text(encoding="utf-8"))
        own = {name: asdict(getattr(settings, name)) for name in SECTIONS}
        own |= {"augmentation": dict(settings.augmentation), "model": asdict(model)}
        content |= json.loads(json.dumps(own))
        before = copy.deepcopy(content)
        words = shlex.split(idea.command)
        if words[:3] != ["dvc", "exp", "run"]:
            assert words[0] in ("make", "dvc", "samebits"), idea.command
            continue
        for change in words[4::2]:
            key, value = change.split("=", 1)
            section, name = key.split(".")
            assert name in content[section]
            content[section][name] = yaml.load(value, Loader=_StrictLoader)
        assert problems(content) == [], idea.command
        assert content != before, idea.command


def test_no_network_is_proposed_that_cannot_be_built() -> None:
    other_networks = growth(shipped(Model), 8)
    assert other_networks["bigger"] == {"width": 64, "depth": 3}
    assert other_networks["smaller"] == {"width": 16, "depth": 1}
    assert growth(SMALL, 4) == {
        "bigger": {"width": 2},
        "smaller": {"depth": 1},
        "other": {"activation": "relu"},
    }


@pytest.mark.parametrize(
    ("link", "cause", "command"),
    [
        ("bias", "high rate", "dvc exp run -S optimization.learning_rate=0.0006"),
        ("bias", "low rate", "dvc exp run -S optimization.learning_rate=0.06"),
        ("bias", "short", "dvc exp run -S optimization.epochs=160"),
        ("bias", "small", "dvc exp run -S model.width=64"),
        ("variance", None, "dvc exp run -S regularization.weight_decay=0.1"),
        ("mismatch", None, "dvc exp run -S data.dev_fraction=0.075"),
        ("dev", None, "dvc exp run -S data.dev_fraction=0.3"),
        ("real world", None, "dvc exp run -S evaluation.metric=balanced_accuracy"),
        ("variance", "labels", "dvc repro"),
    ],
)
def test_the_first_idea(link: str, cause: str | None, command: str) -> None:
    assert remedies.ideas(link, cause, SETTINGS)[0].command == command


def test_no_idea_goes_the_other_way() -> None:
    # So much of it that the suggested maximum would be less.
    much = ("dropout", "label smoothing", "L2")
    for link, cause in (("variance", None), ("variance", "labels")):
        for idea in remedies.ideas(link, cause, EXTREME):
            if idea.idea in much:
                key, value = idea.command.split()[-1].split("=")
                assert float(value) > getattr(EXTREME.regularization, key.split(".")[1])
    small = replace(SETTINGS, data=replace(SETTINGS.data, dev_fraction=0.015))
    assert "dev_fraction" not in "".join(idea.command for idea in remedies.mismatch(small))


def test_no_target_is_tighter_than_none_at_all() -> None:
    met = replace(SETTINGS, evaluation=replace(SETTINGS.evaluation, target_error=0.0))
    assert [idea.idea for idea in remedies.target_met(met)] == ["examples from use"]
    assert remedies.target_met(SETTINGS)[0].idea == "tighter target"


def test_what_the_evidence_speaks_against_is_left_out() -> None:
    said = [idea.idea for idea in remedies.ideas("bias", "high rate", SETTINGS)]
    assert "higher learning rate" not in said
    assert "train longer" not in said


def test_within_what_fits_the_cheapest_stands_first() -> None:
    for link in LINKS:
        for cause in (None, *CAUSES):
            offered = remedies.ideas(link.name, cause, SETTINGS)
            keys = [(cause not in idea.fits, idea.effort) for idea in offered]
            assert keys == sorted(keys)
            assert len({idea.idea for idea in offered}) == len(offered)


def test_early_stopping_is_shown_as_moving_two_links() -> None:
    (idea,) = (
        idea for idea in remedies.ideas("variance", None, SETTINGS) if idea.idea == "early stopping"
    )
    assert idea.why.startswith("moves two links")
    stopped = replace(SETTINGS.regularization, early_stopping=3)
    settings = replace(SETTINGS, regularization=stopped)
    offered = remedies.ideas("bias", "regularized", settings)
    assert "no early stopping" in [idea.idea for idea in offered]


def test_a_key_that_params_leaves_out_is_added_to_it() -> None:
    """As `dvc exp run -S` requires: with a plus."""
    made = run(model__width=64, optimization__epochs=2)
    written = "dvc exp run -S 'data.train_on=\"\"'"
    for command, left_out, asked in (
        (made, (), "dvc exp run -S model.width=64 -S optimization.epochs=2"),
        (made, ("model.width",), "dvc exp run -S +model.width=64 -S optimization.epochs=2"),
        (written, ("data.train_on",), "dvc exp run -S '+data.train_on=\"\"'"),
    ):
        assert Idea("", "", "", command, SAME).record(left_out)["command"] == asked
