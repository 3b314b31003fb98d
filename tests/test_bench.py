"""The benches detect what they look for."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from helpers import ROOT, TASKS, command

import bench
import bench_costs
import bench_diagnosis
import bench_scale
from bench_costs import Figure, Work, compared
from bench_scale import Cost

SLEEPS = {"bare": 0.01, "loop": 0.02}


class Sleepers:
    """Represents processes that train; each way of training takes its own time."""

    def __call__(self, work: Work) -> dict[str, float]:
        start = time.perf_counter()
        time.sleep(SLEEPS[work.way])
        return {"clock": time.perf_counter() - start}


def test_what_is_slower_is_seen() -> None:
    workers: bench_costs.Workers = Sleepers()  # type: ignore[assignment]
    contestants = (workers, Work("bare")), (workers, Work("loop"))
    (ratio,) = compared(*contestants, turns=5, clock="clock")
    assert 1.5 < ratio < 2.5


@pytest.mark.parametrize(
    ("value", "least", "aim", "end"),
    [
        (1.0, False, None, " ok"),
        (1.21, False, None, " MISSED"),
        (1.21, True, None, " ok"),
        (1.19, True, 1.1, " MISSED"),
        (1.1, False, 1.0, " ok, but not <= 1.00"),
        (1.0, False, 1.0, " ok"),
    ],
)
def test_a_figure_past_its_bound_says_so(
    value: float, least: bool, aim: float | None, end: str
) -> None:
    figure = Figure("a figure", value, 1.2, least=least, aim=aim)
    assert figure.line().endswith(end)
    assert figure.good == ("MISSED" not in end)


@pytest.mark.parametrize(
    ("time", "memory", "good"),
    [(1.1, 1.1, [True, True]), (1.3, 1.1, [False, True]), (1.1, 1.3, [True, False])],
)
def test_growth_past_its_bound_is_seen(time: float, memory: float, good: list[bool]) -> None:
    few, some, many = Cost(9, 1, 70), Cost(9, 2, 80), Cost(9, 20 * time, 80 * memory)
    costs = {100: {"pack": few}, 1000: {"pack": some}, 10_000: {"pack": many}}
    assert [figure.good for figure in bench_scale.growth("tar", costs)] == good


def test_a_process_that_ends_is_no_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    workers = bench_costs.Workers("off")
    with pytest.raises(SystemExit, match="a process has ended"):
        workers(Work("step"))
    workers.close()
    assert "No module named 'samebits'" in capfd.readouterr().err


def test_the_table_of_diagnoses_counts_what_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    cases = [
        {"fault": "a", "seed": seed, "right": seed > 0, "said": {"link": None}} for seed in range(4)
    ]
    assert bench_diagnosis.table(iter(cases)) == 0.75
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("missed: a, seed 0")
    assert said[1].split() == ["a", "3", "of", "4"]
    assert said[-1].endswith("MISSED")


def test_the_readme_promises_the_bounds() -> None:
    promised = (ROOT / "README.md").read_text("utf-8")
    table = re.search(r"\| figure \| bound \|\n\|---\|---\|\n((?:\|.*\n)+)", promised)
    assert table
    bounds = re.findall(r"\| at (most|least) ([\d.]+)", table[1])
    assert bounds == [
        ("most", str(bench.GENERATION)),
        ("most", str(bench.NOTHING_TO_DO)),
        ("most", str(bench.START)),
        ("most", str(bench.TORCH_START)),
        ("least", str(bench_costs.LOOP)),
        ("least", str(bench.ROWS)),
        ("most", str(bench_costs.MACHINE)),
        ("most", str(bench_costs.MOST["default"])),
        ("most", str(bench_costs.SHARDED)),
        ("least", str(bench_costs.SPEED_UP["default"])),
        ("most", str(bench_costs.BESIDE_DDP["default"])),
        ("most", str(bench_costs.SAVING)),
    ]
    assert f"demo` under {bench.DEMO} s" in promised


@pytest.mark.slow
@pytest.mark.parametrize("stage", [*bench.OTHER_STAGES, *bench.TORCH_STAGES])
def test_a_stage_asks_for_its_inputs_at_once(built: Path, tmp_path: Path, stage: str) -> None:
    start = bench.starter(built, tmp_path / "empty", stage)
    torch = ["python", "-I", "-c", "import torch"]

    def bare() -> None:
        bench.quiet(torch, tmp_path, bench.variables(built))

    turns = [[bench.timed(call, bench.user_seconds) for call in (start, bare)] for _ in range(3)]
    used, least = map(min, zip(*turns, strict=True))
    assert used < least * (bench.TORCH_START if stage in bench.TORCH_STAGES else 0.5)


@pytest.mark.slow
def test_training_is_measured_in_every_way(built: Path) -> None:
    names = ("default", "mlp")
    measured(built, [[way, name, 2, 1] for way in ("loop", "step", "bare") for name in names])


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS[1:])
def test_training_of_any_task_is_measured(built: Path, tmp_path: Path, task: str) -> None:
    project = bench.prepared_project(tmp_path, task, built / ".venv")
    measured(project, [[way, "default", 1, 1] for way in ("loop", "bare")])


@pytest.mark.slow
@pytest.mark.long
def test_pixels_that_are_kept_are_seen(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = bench_scale.rendered

    def planted(*arguments: Any) -> Path:
        project = sound(*arguments)
        path = project / "src/samebits/training/predict.py"
        text, line = path.read_text("utf-8"), "        yield start, result\n"
        assert text.count(line) == 1
        path.write_text(
            text.replace(line, f"        KEPT.append(result)\n{line}") + "\n\nKEPT = []\n"
        )
        return project

    monkeypatch.setattr(bench_scale, "rendered", planted)
    monkeypatch.delitem(bench_scale.EVALUATED, "images")
    (figure,) = bench_scale.evaluations(built, tmp_path, short=False)
    assert not figure.good, figure


def measured(project: Path, requests: list[list[Any]]) -> None:
    done = command(
        project / ".venv/bin/python",
        *("-W", "ignore", bench_costs.WORKER, "portable"),
        cwd=project,
        env=bench.variables(project),
        input="\n".join(map(json.dumps, requests)),
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(requests), done.stderr
    assert all(answer["processor"] > 0 for answer in answers)


@pytest.mark.slow
@pytest.mark.long
def test_the_diagnosis_names_what_was_planted(built: Path) -> None:
    cases = list(bench_diagnosis.cases(built, seeds=4))
    assert len(cases) >= 40
    assert bench_diagnosis.table(iter(cases)) >= 0.9
