"""Shared by the tests: tiny data, small settings, a copy of the project.

No test needs data, network or an earlier run: examples are made where they are needed.
"""

import atexit
import base64
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
import yaml
from history import history as history
from jinja2 import Environment

from samebits.core.config import Section
from samebits.core.key_kinds import keys, typed
from samebits.core.png import png
from samebits.ingest import example_data

# The template's project, unrendered: nothing that is read here needs rendering.
ROOT = Path(__file__).parents[2] / "{{cookiecutter.project_slug}}"
PACKAGE = "handwritten_digits"
FILES = ROOT / "src" / "{{cookiecutter.__package_name}}"
LOCK = ROOT / "requirements" / "{% if cookiecutter.accelerator == 'cuda' %}runtime.lock{% endif %}"
ANSWERS = {
    "task": "image-class",
    "project_name": "Handwritten Digits",
    "project_slug": "handwritten-digits",
    "__package_name": PACKAGE,
    "description": "A test.",
    "author_name": "Tester",
    "license": "MIT",
    "python_version": "3.11",
    "accelerator": "cuda",
    "remote": "local",
    "remote_url": "../handwritten-digits-remote",
}
MARK = "files-of-the-user"  # in the folder from which tests import them
JINJA = Environment(keep_trailing_newline=True)
CLASSES = ("circle", "square", "tree")


def filled(text: str) -> str:
    """A text or a file name of the template, as it is in a project."""
    return JINJA.from_string(text).render(cookiecutter=ANSWERS)


def yours(into: Path, folder: Path = FILES) -> Path:
    """Write the user's files, or those of another folder of the template, as in a project."""
    into.mkdir(parents=True, exist_ok=True)
    for file in sorted(folder.glob("*.py*")):
        if name := filled(file.name):
            shutil.copyfile(file, into / name)
    return into


def _importable() -> str:
    """Make the user's files importable under their names in a project."""
    for folder in sys.path:
        if Path(folder, MARK).is_file():
            return folder
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    yours(Path(folder, PACKAGE))
    Path(folder, MARK).touch()
    sys.path.insert(0, folder)
    return folder


PARAMS = filled((ROOT / "params.yaml").read_text(encoding="utf-8"))
# For a process that a test starts: the engine, the user's files, and this folder.
PYTHONPATH = os.pathsep.join([str(ROOT / "src"), _importable(), str(Path(__file__).parent)])
UNRELEASED = {
    ".dvc/config": "[core]\nanalytics = false\ncheck_update = false\nremote = beside\n"
    "['remote \"beside\"']\nurl = ../../remote\n",
    ".gitignore": "/data/decoded\n/data/raw\n/reports\n/src/samebits\n",
    "data/release.json": '{\n  "release": null\n}\n',
    "data/CHANGELOG.md": "# Changelog of the data\n",
}


@pytest.fixture(autouse=True)
def _strict_torch() -> Iterator[None]:
    """Fresh memory holds NaN, and an operation without a deterministic form is an error."""
    torch: Any = sys.modules.get("torch")
    if torch is None:
        yield
        return
    fill = torch.utils.deterministic.fill_uninitialized_memory
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = True
    torch.set_num_threads(1)
    yield
    torch.use_deterministic_algorithms(False)
    torch.utils.deterministic.fill_uninitialized_memory = fill


def rendered(root: Path, *names: str) -> None:
    """Write files of the template as they are in a project."""
    for name in names:
        text = (ROOT / name).read_text(encoding="utf-8")
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(filled(text), encoding="utf-8")


def configured(root: Path) -> Path:
    """Write params.yaml and the files that declare its sections; return the first."""
    rendered(root, "params.yaml", "pyproject.toml")
    yours(root / "src" / PACKAGE)
    (root / "src/samebits").symlink_to(ROOT / "src/samebits")
    return root / "params.yaml"


def give_example(files: Mapping[str, bytes]) -> None:
    """Make these the example data of the project in the current folder."""
    Path("scripts").mkdir(exist_ok=True)
    text = f"SOURCE = 'tiny'\n\n\ndef files(_):\n    return {dict(files)!r}\n"
    Path("scripts/example.py").write_text(text, encoding="utf-8")
    example_data._script.cache_clear()
    example_data.files.cache_clear()


def shipped(section: type[Section]) -> Section:
    """Return a section of the shipped params.yaml."""
    content = yaml.safe_load(PARAMS)[section.__name__.lower()]
    known = keys(section).items()
    return section(**{name: typed(content.get(name, key.default), key) for name, key in known})


def image_file(
    label: int, number: int, channels: int = 1, height: int = 9, width: int = 9
) -> bytes:
    """A PNG file of noise around a brightness that tells its class."""
    noise = np.random.default_rng([label, number]).integers(0, 60, (channels, height, width))
    return png((noise + 70 * label).astype(np.uint8))


@pytest.fixture
def fill() -> Callable[..., Path]:
    """Write `count` examples of each class below a folder."""

    def into(raw: Path, count: int = 30, **shape: int) -> Path:
        for label, name in enumerate(CLASSES):
            (raw / name).mkdir(parents=True)
            for number in range(count):
                (raw / name / f"{number:03d}.png").write_bytes(image_file(label, number, **shape))
        return raw

    return into


@pytest.fixture
def packed() -> Callable[[Path, str, bytes], Path]:
    """Install a package of one file, with its RECORD: packed(site_packages, "name", b"text")."""

    def into(site: Path, name: str, text: bytes) -> Path:
        value = base64.urlsafe_b64encode(hashlib.sha256(text).digest()).rstrip(b"=").decode()
        info = site / f"{name}-1.dist-info"
        info.mkdir(exist_ok=True)
        line = f"{name}.py,sha256={value},{len(text)}\n{info.name}/RECORD,,\n"
        (info / "RECORD").write_text(line, encoding="utf-8")
        (site / f"{name}.py").write_bytes(text)
        return site / f"{name}.py"

    return into


@pytest.fixture
def settle() -> Callable[..., None]:
    """Set keys of a params.yaml: settle(path, data=dict(channels=3))."""

    def change(params: Path, **sections: Mapping[str, Any]) -> None:
        content = yaml.safe_load(params.read_text(encoding="utf-8"))
        for name, values in sections.items():
            content[name].update(values)
        params.write_text(yaml.safe_dump(content), encoding="utf-8")

    return change


@pytest.fixture
def project(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settle: Callable[..., None],
    fill: Callable[..., Path],
) -> Path:
    """A copy of the project with its own examples and a tiny network; the current folder."""
    root = tmp_path / "project"
    ignore = shutil.ignore_patterns("__pycache__", "audit", "report")
    shutil.copytree(ROOT / "src/samebits", root / "src/samebits", ignore=ignore)
    yours(root / "src" / PACKAGE)
    rendered(root, "params.yaml", "dvc.yaml", "pyproject.toml", "data/release.json")
    (root / "requirements").mkdir()
    shutil.copyfile(LOCK, root / "requirements/runtime.lock")
    raw = fill(root / "data/raw")
    pointer = "outs:\n- md5: 0123456789abcdef0123456789abcdef.dir\n  path: raw\n"
    raw.with_suffix(".dvc").write_text(pointer, encoding="utf-8")
    settle(
        root / "params.yaml",
        input={"size": 8, "channels": 1},
        model={"width": 4, "depth": 2},
        optimization={"batch_size": 8, "epochs": 2},
        runtime={"checkpoint_every": 2},
    )
    monkeypatch.chdir(root)
    return root


Stage = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def python() -> Stage:
    """Run Python in the current folder, with its src/ first: python("-m", "samebits", "audit")."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        changed = {"PYTHONPATH": str(Path("src").resolve()), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(
            [sys.executable, *arguments],
            env=os.environ | changed | environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    return run


@pytest.fixture
def stage(python: Stage) -> Stage:
    """Run a stage of the pipeline, as dvc.yaml does: stage("train")."""
    return lambda name, **environment: python("-I", "-m", "samebits", "run", name, **environment)


def call(folder: Path, *arguments: str) -> str:
    """Run a program in a folder, `dvc` meaning this environment's; it must succeed."""
    program = [sys.executable, "-I", "-m", "dvc"] if arguments[0] == "dvc" else [arguments[0]]
    environment = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    command = [*program, *arguments[1:]]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout).strip()


Run = Callable[..., "subprocess.CompletedProcess[Any]"]


@pytest.fixture(scope="session")
def _loaded_dvc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """subprocess.run, but quick where the program is DVC: see dvc_server.py."""
    run, said = subprocess.run, tmp_path_factory.mktemp("said")
    command = [sys.executable, str(Path(__file__).with_name("dvc_server.py"))]
    files = {"output": str(said / "output"), "errors": str(said / "errors")}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        asks, answers = server.stdin, server.stdout
        assert asks
        assert answers

        def quick(command: Sequence[str], **options: Any) -> "subprocess.CompletedProcess[Any]":
            if list(command[:4]) != [sys.executable, "-I", "-m", "dvc"]:
                return run(command, **options)
            place = str(options.get("cwd") or Path.cwd())
            asked = {
                "arguments": [*command[4:]],
                "folder": place,
                "environment": dict(options.get("env") or os.environ),
            }
            print(json.dumps(asked | files), file=asks, flush=True)
            code = int(answers.readline())
            texts = [Path(path).read_text(encoding="utf-8") for path in files.values()]
            return subprocess.CompletedProcess(command, code, *texts)

        yield quick


@pytest.fixture(scope="session")
def _unreleased(tmp_path_factory: pytest.TempPathFactory, _loaded_dvc: Run) -> Path:
    root = tmp_path_factory.mktemp("unreleased") / "project"
    for label, name in enumerate(CLASSES):
        (root / "data/raw" / name).mkdir(parents=True)
        for number in range(3):
            path = root / "data/raw" / name / f"{number}.png"
            path.write_bytes(image_file(label, number))
    for name, text in UNRELEASED.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    configured(root)
    with mock.patch("subprocess.run", _loaded_dvc):
        call(root, "git", "init", "-q", "-b", "main")
        for key in ("user.name=T", "user.email=t@example.org", "commit.gpgSign=0", "tag.gpgSign=0"):
            call(root, "git", "config", *key.split("="))
        call(root, "dvc", "add", "-q", "data/raw")
        call(root, "git", "add", "-A")
        call(root, "git", "commit", "-q", "-m", "Start")
    return root


@pytest.fixture(scope="session")
def _released(
    _unreleased: Path, tmp_path_factory: pytest.TempPathFactory, _loaded_dvc: Run
) -> Path:

    from samebits.versions.release import release

    folder = tmp_path_factory.mktemp("released")
    root = (
        Path(shutil.copytree(_unreleased.parent, folder / "copy", symlinks=True)) / _unreleased.name
    )
    with contextlib.chdir(root), mock.patch("subprocess.run", _loaded_dvc):
        release("1.0", "The first", list)
        raw = root / "data/raw"
        (raw / "tree/3.png").write_bytes(image_file(2, 3))
        (raw / "circle/0.png").unlink()
        (raw / "circle/1.png").rename(raw / "square/9.png")
        (raw / "square/1.png").rename(raw / "square/8.png")
        release("1.1", "Others", list)
    return root


@pytest.fixture
def place(
    _loaded_dvc: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Path], Path]:
    """Copy a repository and what is next to it; the copy is the current folder, DVC is quick."""

    def copied(root: Path) -> Path:
        copy = Path(shutil.copytree(root.parent, tmp_path / "copy", symlinks=True)) / root.name
        monkeypatch.chdir(copy)
        monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
        monkeypatch.setattr("subprocess.run", _loaded_dvc)
        return copy

    return copied


@pytest.fixture
def unreleased(_unreleased: Path, place: Callable[[Path], Path]) -> Path:
    """A repository of data alone, with a DVC remote next to it; the current folder.

    Three classes of three examples: data/raw/tree/0.png.
    """
    return place(_unreleased)


@pytest.fixture
def released(_released: Path, place: Callable[[Path], Path]) -> Path:
    """The same with version 1.0, and 1.1: an example more, one less, one relabelled, one renamed.

    They are tree/3.png, circle/0.png, circle/1.png → square/9.png, square/1.png → square/8.png.
    """
    return place(_released)
