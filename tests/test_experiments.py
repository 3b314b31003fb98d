"""Ideas and searches as DVC experiments, run for real in a project that was generated.

    python -m pytest -m slow tests/test_experiments.py

Every idea listed in docs/experiments.md is one line, and moves what it should, nothing else.
"""

import csv
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers import commit, environment, git
from reproduction import STAGES, WEIGHTS, Files, Place

pytestmark = pytest.mark.slow

# Little work, and room for every idea to move something.
SMALL: dict[str, object] = {
    "train_fraction": 0.5,
    "train_on": "*/*[0-4].png",
    "near_duplicate": 0.0,
    "label_error_examples": 0,
    "width": 4,
    "depth": 2,
    "optimizer": "sgd",
    "batch_size": 64,
    "epochs": 1,
    "dropout": 0.0,
    "weight_decay": 0.0,
}
CURVES, LOSSES, METRICS = (
    "reports/learning-curves.csv",
    "reports/losses.csv",
    "reports/metrics.json",
)
EVALUATED = ("data/prepared/dev/", "data/prepared/test/")


@pytest.fixture(scope="module")
def small(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The built project, with little to do, committed with its results."""
    place = Place(tmp_path_factory.mktemp("small") / "small", built)
    ignored = shutil.ignore_patterns(".venv", "__pycache__", "checkpoints")
    shutil.copytree(built, place.root, ignore=ignored)
    (place.root / ".venv").symlink_to(built / ".venv")  # for make
    place.change(**SMALL)
    place.must("dvc", "repro")
    commit(place.root, "Little to do")
    return place


def flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """{"a": {"b": 1}} as {"a.b": 1}."""
    if not isinstance(value, dict):
        return {prefix: value}
    flattened: dict[str, Any] = {}
    for name, part in value.items():
        flattened |= flat(part, f"{prefix}.{name}" if prefix else name)
    return flattened


def kept(place: Place, reference: str, path: str) -> dict[str, Any]:
    """A YAML file that Git keeps."""
    return dict(yaml.safe_load(git(place.root, "show", f"{reference}:{path}")))


def experiments(place: Place) -> dict[str, str]:
    """The references of DVC's experiments, by their names."""
    shown = git(place.root, "for-each-ref", "--format=%(refname)", "refs/exps/??/*/*")
    return {reference.rpartition("/")[2]: reference for reference in shown.split()}


def changed_keys(old: dict[str, Any], new: dict[str, Any]) -> set[str]:
    before, other = flat(old), flat(new)
    return {key for key in before.keys() | other.keys() if before.get(key) != other.get(key)}


def below(files: Files, *folders: str) -> Files:
    return {path: content for path, content in files.items() if path.startswith(folders)}


def rows(files: Files, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(files[path].decode().splitlines()))


def learnt(files: Files, split: str = "train") -> set[str]:
    return {row["path"] for row in rows(files, f"data/prepared/{split}/examples.csv")}


def parameters(files: Files) -> int:
    return int(json.loads(files[METRICS])["parameters"])


def squares(files: Files) -> float:
    """The sum of the squares of all weights: float32 behind a header of JSON."""
    content = files[WEIGHTS]
    start = 8 + int.from_bytes(content[:8], "little")
    return sum(value * value for value in memoryview(content[start:]).cast("f"))


def more_data(before: Files, after: Files) -> None:
    assert learnt(before) < learnt(after)
    assert len(learnt(after)) == pytest.approx(2 * len(learnt(before)), rel=0.2)
    assert below(before, "data/prepared/train_dev/") == below(after, "data/prepared/train_dev/")


def more_diverse_data(before: Files, after: Files) -> None:
    for split in ("train", "train_dev"):
        assert all(re.search(r"[0-4]\.png$", path) for path in learnt(before, split))
        assert {path for path in learnt(after, split) if re.search(r"[0-4]\.png$", path)} == learnt(
            before, split
        )
        assert len(learnt(after, split)) > 1.5 * len(learnt(before, split))


def longer(before: Files, after: Files) -> None:
    assert len(rows(after, CURVES)) == 80 * len(rows(before, CURVES))
    assert len(rows(after, LOSSES)) == 80 * len(rows(before, LOSSES))
    same_start(before, after)


def same_start(before: Files, after: Files) -> None:
    """The first loss comes before the first update: weights and batch were the same."""
    assert rows(before, LOSSES)[0] == rows(after, LOSSES)[0]
    assert rows(before, LOSSES)[1] != rows(after, LOSSES)[1]


def other_loss(before: Files, after: Files) -> None:
    assert len(rows(before, LOSSES)) == len(rows(after, LOSSES))
    assert rows(before, LOSSES)[0] != rows(after, LOSSES)[0]
    assert parameters(before) == parameters(after)


def smaller_weights(before: Files, after: Files) -> None:
    same_start(before, after)
    assert squares(after) < squares(before)


def bigger(before: Files, after: Files) -> None:
    assert parameters(after) > 2 * parameters(before)


def smaller(before: Files, after: Files) -> None:
    assert parameters(after) < parameters(before) / 2


IDEAS: dict[str, Callable[[Files, Files], None]] = {
    "more data": more_data,
    "more diverse data": more_diverse_data,
    "train longer": longer,
    "Adam instead of gradient descent": same_start,
    "rare classes more often": other_loss,
    "rare classes weigh more": other_loss,
    "bigger network": bigger,
    "smaller network": smaller,
    "dropout": other_loss,
    "L2": smaller_weights,
    "activation function": other_loss,
    "hidden units": bigger,
}


def told(page: str) -> dict[str, str]:
    """The ideas of docs/experiments.md with their commands."""
    return dict(re.findall(r"^\| ([^|]+) \| `(dvc exp run -S [^`]+)` \|", page, re.MULTILINE))


def test_the_page_has_the_whole_list(small: Place) -> None:
    assert list(told((small.root / "docs/experiments.md").read_text("utf-8"))) == list(IDEAS)


@pytest.mark.parametrize("idea", IDEAS)
def test_an_idea_is_one_line_and_moves_nothing_else(small: Place, idea: str) -> None:
    command = told((small.root / "docs/experiments.md").read_text("utf-8"))[idea]
    _, key, _ = re.split(r" -S |=", command)
    section, name = key.split(".")[0], f"idea-{list(IDEAS).index(idea)}"
    before = small.files(*STAGES)
    said = small.must(*shlex.split(command), "--name", name)
    after = small.files(*STAGES)
    git(small.root, "checkout", "--quiet", ".")
    small.must("dvc", "checkout", "--quiet")
    assert small.files(*STAGES) == before

    reference = experiments(small)[name]
    changed = git(small.root, "diff", "--name-only", "HEAD", reference).split()
    assert changed == ["dvc.lock", "params.yaml", "provenance/train.json"]
    params = [kept(small, revision, "params.yaml") for revision in ("HEAD", reference)]
    assert changed_keys(*params) == {key}
    ran = set(re.findall(r"^Running stage '(\w+)'", said, re.MULTILINE))
    check_stages(small, section, ran)
    check_lock(kept(small, "HEAD", "dvc.lock"), kept(small, reference, "dvc.lock"), key, ran)

    same = EVALUATED if section == "data" else ("data/prepared/", "reports/data.json")
    assert below(before, *same) == below(after, *same) != {}
    assert before[WEIGHTS] != after[WEIGHTS]
    IDEAS[idea](before, after)


def check_stages(place: Place, section: str, ran: set[str]) -> None:
    """The stages that declare the section ran, and otherwise only those that follow from them."""
    stages = yaml.safe_load((place.root / "dvc.yaml").read_text("utf-8"))["stages"]
    declare = {name for name, stage in stages.items() if section in stage.get("params", ())}
    follow, made = set(declare), set[str]()
    for name, stage in stages.items():  # in the order in which they run
        if made & set(stage["deps"]):
            follow.add(name)
        if name in follow:
            made |= {
                next(iter(out)) if isinstance(out, dict) else out
                for kind in ("outs", "metrics", "plots")
                for out in stage.get(kind, ())
            }
    assert declare | {"train", "evaluate"} <= ran <= follow
    assert (section == "data") == ("prepare" in ran)


def check_lock(old: dict[str, Any], new: dict[str, Any], key: str, ran: set[str]) -> None:
    """In stages that ran, only the key and the outputs of others differ; the rest is as before."""
    made = {out["path"] for name in ran for out in new["stages"][name]["outs"]}
    assert old["stages"].keys() == new["stages"].keys()
    for name, stage in new["stages"].items():
        before = old["stages"][name]
        if name not in ran:
            assert stage == before, name
            continue
        assert changed_keys(before.get("params", {}), stage.get("params", {})) <= {
            f"params.yaml.{key}"
        }
        deps = [{dep["path"]: dep["md5"] for dep in side["deps"]} for side in (before, stage)]
        assert deps[0].keys() == deps[1].keys()
        assert {path for path in deps[0] if deps[0][path] != deps[1][path]} <= made


KEYS = "optimization.learning_rate=1e-3..0.1:log model.width=4,8"


def sweep(name: str, trials: int, workers: int = 1) -> tuple[str, ...]:
    """The command that searches, as the page has it."""
    options = ("--trials", str(trials), "--workers", str(workers), "--name", name)
    return ("samebits", "exp", "sweep", *KEYS.split(), *options)


def kill_all(first: int) -> None:
    """Kill a process and all that it started, as a failing machine does."""
    shown = subprocess.run(
        ("ps", "-A", "-o", "pid=,ppid="), capture_output=True, encoding="utf-8", check=True
    ).stdout
    pairs = [tuple(map(int, line.split())) for line in shown.splitlines()]
    doomed = [first]
    for process in doomed:
        doomed += [pid for pid, parent in pairs if parent == process]
    for process in doomed:
        os.kill(process, signal.SIGKILL)


def trials(place: Place, name: str) -> dict[str, tuple[dict[str, Any], Any]]:
    """The values and outputs of a search's experiments, by their numbers."""
    values = {}
    for trial, reference in sorted(experiments(place).items()):
        if trial.startswith(f"{name}-"):
            keys = changed_keys(
                kept(place, "HEAD", "params.yaml"), params := kept(place, reference, "params.yaml")
            )
            assert keys <= {"optimization.learning_rate", "model.width"}
            lock = kept(place, reference, "dvc.lock")["stages"]
            outs = {stage: lock[stage]["outs"] for stage in lock}
            values[trial.removeprefix(f"{name}-")] = (
                {key: flat(params)[key] for key in keys},
                outs,
            )
    return values


def begin(place: Place, name: str) -> None:
    """Begin a search and kill it, with all that it started, while its second trial trains."""
    with subprocess.Popen(
        sweep(name, 3),
        cwd=place.root,
        env=environment(place.built),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        limit = time.monotonic() + 120
        while f"{name}-0000" not in experiments(place) and time.monotonic() < limit:
            time.sleep(0.2)
        time.sleep(3)
        kill_all(process.pid)
    assert len(trials(place, name)) == 1
    for folder in (".dvc/tmp", ".dvc/tmp/exps"):  # as it is if the kill came while DVC wrote it
        (place.root / folder / "rwlock").write_text("", "utf-8")


def test_a_killed_search_goes_on_and_gives_the_same_trials(small: Place) -> None:
    begin(small, "killed")
    said = small.must(*sweep("killed", 3))
    assert "checking whether they live" in said
    assert "failed" not in said
    small.must(*sweep("whole", 3))
    killed, whole = trials(small, "killed"), trials(small, "whole")
    assert list(whole) == ["0000", "0001", "0002"]
    assert killed == whole
    assert len({str(values) for values, _ in whole.values()}) == 3
    assert git(small.root, "status", "--porcelain") == ""


def test_two_workers_search_at_once(small: Place) -> None:
    said = small.must(*sweep("two", 4, workers=2))
    tried = trials(small, "two")
    assert list(tried) == ["0000", "0001", "0002", "0003"]
    table = dict(re.findall(r"^(two-\d+) +([\d.]+) ", said, re.MULTILINE))
    assert sorted(table) == [f"two-{number}" for number in tried]
    shown = small.must("dvc", "exp", "show", "--csv")
    listed = {row["Experiment"]: row for row in csv.DictReader(shown.splitlines())}
    for name, score in table.items():
        assert float(listed[name]["dev.macro_f1"]) == float(score)
    check_rank(small, sorted(table))
    assert git(small.root, "status", "--porcelain") == ""


def check_rank(place: Place, names: list[str]) -> None:
    """One of them loses its predictions: rank names it, leaves it out, and shows the others."""
    lock = kept(place, experiments(place)[names[0]], "dvc.lock")
    [name] = [
        out["md5"]
        for out in lock["stages"]["evaluate"]["outs"]
        if out["path"] == "reports/predictions.csv"
    ]
    object_ = place.root / ".dvc/cache/files/md5" / name[:2] / name[2:]
    content = object_.read_bytes()
    object_.unlink()
    try:
        said = place.must("samebits", "rank")
    finally:
        object_.write_bytes(content)
    table, _, notes = said.partition("\n\n")
    assert f"of '{names[0]}' is neither here nor on a remote" in notes
    for trial in names:
        assert (f"  {trial}\n" in f"{table}\n") == (trial != names[0])
