"""The commands of documents that no other test runs; test_commands.py checks that each has one.

    python -m pytest -m slow tests/test_commands_run.py

`typed("as documented", "small form")` runs the second if the first takes long, or needs a value
filled in.
"""

import hashlib
import json
import os
import re
import shutil
import signal
import socket
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers import (
    CACHE,
    PACKAGE,
    PROJECT,
    ROOT,
    command,
    commit,
    environment,
    git,
    set_param,
    sources,
)
from reproduction import Place

Typed = Callable[..., str]


@pytest.fixture(scope="module")
def small(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built project, with one epoch to train, committed with its results."""
    place = Place(tmp_path_factory.mktemp("small") / built.name, built)
    ignored = shutil.ignore_patterns(".venv", "__pycache__", "checkpoints")
    shutil.copytree(built, place.root, ignore=ignored)
    (place.root / ".venv").symlink_to(built / ".venv")  # for make
    set_param(place.root, "epochs: 40", "epochs: 1")
    place.must("dvc", "repro")
    commit(place.root, "Little to do")
    return place.root


@pytest.fixture
def here(small: Path, tmp_path: Path) -> Path:
    """A copy of it to work in."""
    return Path(shutil.copytree(small, tmp_path / "here" / small.name, symlinks=True))


@pytest.fixture
def typed(here: Path, built: Path) -> Typed:
    """`typed("make x", "make x N=1")` types the second there, or the first if there is no second.

    With `.venv` first on the path, as after `source .venv/bin/activate`. It must succeed, or fail
    where it `fails`.
    """

    def run(documented: str, small: str = "", *, at: Path = here, fails: bool = False) -> str:
        variables = environment(built) | {"UV_CACHE_DIR": CACHE}
        done = command("bash", "-ec", small or documented, cwd=at, env=variables)
        assert (done.returncode != 0) == fails, f"{documented}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout + done.stderr

    return run


def noted(png: bytes) -> bytes:
    """The same image in other bytes: with a comment before its end."""
    chunk = b"tEXtComment\0from use"
    size, check = len(chunk) - 4, zlib.crc32(chunk)
    return png[:-12] + size.to_bytes(4, "big") + chunk + check.to_bytes(4, "big") + png[-12:]


@pytest.mark.slow
def test_what_is_said_of_data_and_model(typed: Typed, here: Path) -> None:
    assert "VIRTUAL_ENV" in typed("source .venv/bin/activate", "source .venv/bin/activate; set")
    assert "Every file of " in typed("python3 scripts/setup.py --check")
    shutil.rmtree(here / "data/raw")
    typed("samebits data missing")
    assert len([*(here / "data/raw").rglob("*.png")]) == 1797
    assert " ms" in typed("samebits latency")
    assert "What to try next" in typed("make diagnose")
    assert '"chain"' in typed("samebits diagnose", "samebits diagnose --json")
    assert "learning_rate" in typed("samebits params")
    typed("samebits run validate")
    typed("samebits run prepare")
    typed("samebits run train")
    for label in range(10):
        examples = sorted((here / f"data/raw/{label}").iterdir())[:20]
        (here.parent / f"use/{label}").mkdir(parents=True)
        for example in examples:  # unchanged they would be left out, because they are known
            copy = here.parent / f"use/{label}" / example.name
            copy.write_bytes(noted(example.read_bytes()))
    said = typed("make diagnose REAL=examples-from-use", "make diagnose REAL=../use")
    assert "real world" in said
    assert " dev mistakes, 0 with tags" in typed("samebits errors")
    tags = here / "reports/error-analysis.csv"
    head, first, rest = tags.read_text("utf-8").split("\n", 2)
    tags.write_text(f"{head}\n{first}faint; cut off\n{rest}", "utf-8")
    typed("dvc repro report")
    assert "cut off" in (here / "reports/report.html").read_text("utf-8")
    assert ", 1 with tags" in typed("samebits errors --gone")


@pytest.mark.slow
def test_a_model_answers(typed: Typed, here: Path) -> None:
    example = "data/raw/3/0003.png"
    said = typed("samebits predict cat.jpg", f"samebits predict {example}")
    assert said.startswith(f"{example}: ")
    lines = typed("samebits predict some/folder --json", "samebits predict data/raw/3 --json")
    assert len([json.loads(line) for line in lines.splitlines()]) == 183
    assert typed("samebits predict - < cat.jpg", f"samebits predict - < {example}")[0] == "-"
    said = typed(
        "samebits predict some/folder --masks FOLDER",
        f"samebits predict {example} --masks FOLDER",
        fails=True,
    )
    assert "--masks is for masks" in said
    assert "docs/model-card.md is written" in typed("samebits card")


@pytest.mark.slow
def test_a_model_is_served(typed: Typed, here: Path, built: Path) -> None:
    assert "takes no --prot" in typed("samebits serve", "samebits serve --prot 1", fails=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # In the background, so that the next command finds it.
    typed(
        "samebits serve --port 8000",
        f"samebits serve --port {port} > served.txt 2>&1 & echo $! > pid",
    )
    try:
        deadline = time.monotonic() + 120
        while f"Serving {PACKAGE}" not in (here / "served.txt").read_text("utf-8"):
            assert time.monotonic() < deadline, (here / "served.txt").read_text("utf-8")
            time.sleep(0.1)
        answered = typed(
            "curl --data-binary @cat.jpg http://127.0.0.1:8000/predict",
            f"curl -sS --data-binary @data/raw/3/0003.png http://127.0.0.1:{port}/predict",
        )
    finally:
        os.kill(int((here / "pid").read_text("utf-8")), signal.SIGTERM)
    known = typed("samebits predict cat.jpg", "samebits predict --json - < data/raw/3/0003.png")
    assert json.loads(answered) == json.loads(known)


@pytest.mark.slow
@pytest.mark.long
def test_an_experiment_is_tried_compared_and_kept(typed: Typed, here: Path) -> None:
    typed(
        "dvc exp run --queue -S model.width=16", "dvc exp run --queue -S model.width=8 -n thinner"
    )
    typed("dvc exp run --run-all")
    typed("dvc exp run -S +data.drift=0.2")
    assert "drift: 0.2" in (here / "params.yaml").read_text("utf-8")
    typed("git restore .")
    typed(
        "dvc exp run --temp -S optimization.learning_rate=0.001",
        "dvc exp run --temp -S optimization.epochs=2",
    )
    assert git(here, "status", "--porcelain") == ""
    assert "over 2 seeds" in typed("samebits exp seeds 5", "samebits exp seeds 1")
    assert "wrong on dev" in typed("samebits exp curve")
    assert "HEAD" in typed("sh scripts/venv samebits rank")
    assert "on dev" in typed("samebits compare main thinner")
    assert "look at test" in typed("samebits compare main thinner --split test")
    assert "model.width" in typed("samebits explain main thinner")
    assert "thinner is here" in typed("samebits exp keep thinner")
    assert "model.width" in typed("dvc params diff")
    git(here, "restore", ".")
    typed("dvc exp apply", "dvc exp apply thinner")
    assert "width: 8" in (here / "params.yaml").read_text("utf-8")


@pytest.mark.slow
def test_a_training_is_tracked(typed: Typed, here: Path, built: Path) -> None:
    made = (here / "models/model.safetensors").read_bytes()
    typed("sh scripts/venv python -I scripts/setup.py --tracker tensorboard")
    set_param(here, "\n  workers:", "\n  tracker: tensorboard\n  log_every: 1\n  workers:")
    train = ("sh", "scripts/venv", "python3", "-I", "-m", "samebits", "run", "train")
    done = command(*train, cwd=here, env=environment(built))
    assert done.returncode == 0, done.stderr
    assert "runtime.tracker" not in done.stderr
    [events] = (here / ".trackers/tensorboard/runs").glob("*/events.out.*")
    assert b"learning_rate" in events.read_bytes()
    assert (here / "models/model.safetensors").read_bytes() == made
    assert ".trackers" not in git(here, "status", "--porcelain")


@pytest.mark.slow
def test_data_have_versions(typed: Typed, here: Path, tmp_path: Path) -> None:
    raw = here / "data/raw"
    typed('samebits data release 1.1 "..."', 'samebits data release 1.0 "Digits"')
    sorted((raw / "3").iterdir())[0].unlink()
    typed("dvc add", "dvc add data/raw")
    typed('samebits data release 1.1 "One less"')
    assert "1.1" in typed("samebits data list")
    assert "3" in typed("samebits data diff 1.0 1.1")
    typed("samebits data checkout 1.0")
    assert len([*raw.rglob("*.png")]) == 1797
    typed("samebits data checkout committed")
    assert len([*raw.rglob("*.png")]) == 1796
    typed("git checkout COMMIT", "git checkout HEAD~2")
    typed("samebits data checkout 1.1")
    git(here, "checkout", "--quiet", "--force", "main")

    set_param(here, "layout: files", "layout: tar")
    assert "1796 images in tar archives" in typed("samebits data pack")
    typed("tar xf", f"mkdir {tmp_path}/out && tar xf data/raw/pictures-*.tar -C {tmp_path}/out")
    assert len([*(tmp_path / "out").rglob("*.png")]) == 1796
    set_param(here, "layout: tar", "layout: files")
    assert "1796 images in files of their own" in typed("samebits data pack")
    assert git(here, "status", "--porcelain") == ""

    typed("make push")
    typed("dvc gc --all-branches --all-tags --cloud", "dvc gc --all-branches --all-tags --cloud -f")
    git(here.parent, "clone", "--quiet", str(here), "clone")
    clone = here.parent / "clone"
    (clone / ".venv").symlink_to(here / ".venv")
    typed("make pull", at=clone)
    assert len([*(clone / "data/raw").rglob("*.png")]) == 1796
    assert "up to date" in typed("dvc pull", at=clone)


@pytest.mark.slow
def test_images_of_your_own(typed: Typed, here: Path, tmp_path: Path) -> None:
    typed("pre-commit install")
    for name, least in (("pictures", 0), ("bucket/folder", 60)):
        for label in range(10):
            (tmp_path / name / str(label)).mkdir(parents=True)
            for path in sorted((here / f"data/raw/{label}").iterdir())[least : least + 60]:
                shutil.copy(path, tmp_path / name / str(label))
    archive = Path(shutil.make_archive(str(tmp_path / "pictures"), "zip", tmp_path / "pictures"))
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    typed("make data FROM=some/folder", f"make data FROM={tmp_path}/pictures REPLACE=1")
    zipped = f"FROM={archive} SHA256={digest}"
    typed("make data FROM=pictures.zip SHA256=9f86d081...", f"make data {zipped} FORCE=1")
    typed(
        "sh scripts/venv samebits data add FROM --sha256 ...",
        f"sh scripts/venv samebits data add {archive} --sha256 {digest} --force",
    )
    typed('git commit -m "Our own data" data')
    typed("dvc repro")
    typed('git commit -am "Results on our own data"')
    typed("make push")
    for file in ("README.md", "data/CHANGELOG.md"):
        with (here / file).open("a", encoding="utf-8") as text:
            text.write("More.\n")
    said = typed("git commit", "git commit -am Both", fails=True)
    assert "commit them separately" in said
    typed("SKIP=data-apart git commit ...", "SKIP=data-apart git commit -am Both")

    there = "FROM=remote://pictures/folder REPLACE=1"
    typed("dvc remote add pictures s3://bucket", f"dvc remote add pictures {tmp_path}/bucket")
    git(here, "commit", "--all", "--quiet", "--no-verify", "-m", "Bucket")
    typed("make data FROM=s3://bucket/pictures", f"make data {there}")
    first = tmp_path / "bucket/folder/0"
    shutil.copy(sorted((tmp_path / "pictures/0").iterdir())[0], first / "new.png")
    typed("dvc update data/raw.dvc")
    typed("dvc import-url", "dvc import-url remote://pictures/folder/0/new.png data/new.png")
    assert (here / "data/raw/0/new.png").exists()


@pytest.mark.slow
def test_several_processes_train_and_dvc_takes_it(typed: Typed, here: Path) -> None:
    typed(
        "torchrun --nproc-per-node 4 --no-python python -I -m samebits run train",
        "torchrun --standalone --nproc-per-node 2 --no-python python -I -m samebits run train",
    )
    typed("dvc commit train")
    assert git(here, "status", "--porcelain") == ""


@pytest.mark.slow
def test_a_remote_is_set_up(typed: Typed, here: Path) -> None:
    """test_remotes.py tests what goes to a bucket and comes back."""
    typed("printf '%s\\n' '-c dev.lock' '-c runtime.lock' dvc-s3 > requirements/remote.in")
    assert "dvc-s3" in (here / "requirements/remote.in").read_text("utf-8").split()
    typed("dvc remote add --default s3 s3://bucket/path")
    typed("dvc remote modify s3 verify true")
    typed("dvc remote modify --local", "dvc remote modify --local s3 region nowhere")
    typed("dvc remote modify --local NAME profile ...", "dvc remote modify --local s3 profile mine")
    typed(
        "dvc remote modify NAME endpointurl https://host",
        "dvc remote modify s3 endpointurl https://host",
    )
    typed(
        "dvc remote modify NAME account_name ...",
        "dvc remote add az azure://a/b && dvc remote modify az account_name mine",
    )
    typed(
        "dvc remote modify --local NAME keyfile ~/.ssh/key",
        "dvc remote add mine ssh://h/a && dvc remote modify --local mine keyfile ~/.ssh/key",
    )
    shared = (here / ".dvc/config").read_text("utf-8")
    assert not any(word in shared for word in ("nowhere", "profile", "keyfile"))


@pytest.mark.slow
def test_a_project_is_made(typed: Typed, tmp_path: Path) -> None:
    quiet = f"{ROOT} --no-input --output-dir {tmp_path}"
    typed(
        "uvx cookiecutter gh:OWNER/cookiecutter-reproducible-deep-learning",
        f"uvx cookiecutter {quiet}/uvx",
    )
    typed(
        "pipx run cookiecutter gh:OWNER/cookiecutter-reproducible-deep-learning",
        f"uvx pipx run cookiecutter {quiet}/pipx",
    )
    typed(
        'cookiecutter PATH --no-input accelerator=cpu project_name="My Cats"',
        f'{sys.executable} -m cookiecutter {quiet}/cats accelerator=cpu project_name="My Cats"',
    )
    for path in ("uvx/handwritten-digits", "pipx/handwritten-digits", "cats/my-cats"):
        assert git(tmp_path / path, "status", "--porcelain") == ""


@pytest.mark.slow
def test_the_template_is_worked_on(typed: Typed) -> None:
    typed("make setup", at=ROOT)
    typed("make check", at=ROOT)
    typed("make test", "make test PYTEST_ADDOPTS='--collect-only -q'", at=ROOT)
    typed("make quick", "make quick PYTEST_ADDOPTS='--collect-only -q'", at=ROOT)
    typed("make long", "make long PYTEST_ADDOPTS='--collect-only -q'", at=ROOT)
    typed("make proof", "make proof PYTEST_ADDOPTS='--collect-only -q'", at=ROOT)
    typed("make proof-long", "make proof-long PYTEST_ADDOPTS='--collect-only -q'", at=ROOT)
    typed(
        ".venv/bin/python -m pytest -m slow tests/test_catalogue.py",
        ".venv/bin/python -m pytest -m slow tests/test_catalogue.py --collect-only -q",
        at=ROOT,
    )


@pytest.mark.slow
@pytest.mark.long
def test_the_shipped_bits_are_refreshed(typed: Typed, tmp_path: Path) -> None:
    """The same code gives the same bits, on any machine."""
    for part in ("cookiecutter.json", "hooks", "scripts", PROJECT):
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, tmp_path / part)
    python = f"cd {tmp_path} && {sys.executable}"
    typed("make expected", f"{python} scripts/expected.py image-class", at=ROOT)
    known = sources()
    for name in ("dvc.lock", "data/raw.dvc"):
        place = known[name].relative_to(ROOT)
        assert (tmp_path / place).read_bytes() == (ROOT / place).read_bytes()


@pytest.mark.slow
def test_what_it_costs_is_measured(typed: Typed, here: Path) -> None:
    """Such a short run cannot tell whether a figure keeps its bound."""
    python, project = sys.executable, f"--short --project {here}"
    said = typed("make bench", f"{python} scripts/bench.py {project}", at=ROOT)
    assert "two processes, MLP / DistributedDataParallel" in said
    said = typed(
        ".venv/bin/python scripts/bench_scale.py --layouts tar",
        f"{python} scripts/bench_scale.py {project} --sizes 600 --layouts tar",
        at=ROOT,
    )
    assert "tar          600 epoch" in said
    assert "an epoch of 16×16 grey, shuffled / plain read" in said
    for name in ("texts of 100 words", "rows of a table", "series of 64 × 6", "photographs with"):
        assert re.search(f"decoding [0-9,]+ {name}.* / by hand", said), said
        assert f"an epoch of {name}" in said
    assert "evaluate, 400 masks / 100, peak memory" in said


@pytest.mark.slow
def test_what_is_said_of_models_is_measured(typed: Typed, here: Path) -> None:
    """The tables of docs/decisions.md, from so few runs that a bound may be missed."""
    python = sys.executable
    said = typed(
        ".venv/bin/python scripts/bench_diagnosis.py --seeds 3",
        f"{python} scripts/bench_diagnosis.py --seeds 1 --faults 'target met' --project {here}",
        at=ROOT,
    )
    assert "1 of 1" in said
    few = "--simulations 2 --seeds 3 --epochs 1 --examples 2000"
    said = typed(
        "make bench-decisions",
        f"{python} scripts/bench_decisions.py {few} --project {here} || echo missed",
        at=ROOT,
    )
    rows = ("a slice of a third of 1,000", "0.90 of the noise", "1 epochs, log_loss", "100, report")
    for row in rows:
        assert f"\n{row}" in said.replace("of 100 classes, report", "\n100, report"), said
