"""One command brings pretrained weights in: from a file, an address, or a package."""

import hashlib
import os
import pickle
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from conftest import rendered
from safetensors.torch import load_file, save_file
from torch import Tensor

from samebits.arguments import parse
from samebits.audit.dvc_yaml import stages
from samebits.audit.project import Project
from samebits.console.errors import UserError
from samebits.data.raw_pointer import origin
from samebits.ingest import download as fetch
from samebits.ingest import weights
from samebits.ingest.weights import with_dependency
from samebits.training.pretrained import load

TENSORS = {"body.weight": torch.arange(6.0).reshape(2, 3), "body.bias": torch.ones(2)}
FILE = Path("data/weights/net.safetensors")
Call = Callable[..., str]


@pytest.fixture
def call(here: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run the command in a project; return what it tells."""
    rendered(Path(), "dvc.yaml")

    def run(*arguments: str) -> str:
        weights.main(parse(["weights", *arguments]))
        return capsys.readouterr().out.replace("\\", "/")

    return run


def plain(path: Path) -> Path:
    save_file(TENSORS, path)
    return path


def pickled(path: Path, content: object = TENSORS, **options: Any) -> Path:
    torch.save(content, path, **options)
    return path


def same(given: Mapping[str, Tensor], expected: Mapping[str, Tensor] = TENSORS) -> bool:
    names = given.keys() == expected.keys()
    return names and all(torch.equal(value, given[name]) for name, value in expected.items())


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def nothing_came() -> bool:
    left = [*Path("data").rglob("*.safetensors*"), *Path("data").glob("incoming")]
    return not left and "data/weights" not in Path("dvc.yaml").read_text("utf-8")


def test_safetensors_stay_as_they_are(here: Path, call: Call) -> None:
    source = plain(here / "net.safetensors")
    told = call(str(source), "--sha256", sha256(source), "--licence", "MIT")
    assert told.startswith(f"{FILE.as_posix()}: 2 tensors, {source.stat().st_size} bytes, from net")
    assert "next: commit data/weights/net.safetensors.dvc;" in told
    assert "no checksum" not in told and "no --licence" not in told
    assert FILE.read_bytes() == source.read_bytes()
    recorded = origin(Path(f"{FILE}.dvc"))
    assert recorded is not None
    assert {name: recorded[name] for name in ("kind", "source", "licence", "tensors")} == {
        "kind": "weights",
        "source": "net.safetensors",
        "licence": "MIT",
        "tensors": 2,
    }
    assert recorded["sha256"] == recorded["safetensors"] == sha256(source)
    assert same(load("net"))


@pytest.mark.parametrize("legacy", [False, True])
def test_a_pickle_is_converted(here: Path, call: Call, legacy: bool) -> None:
    source = pickled(here / "net.pth", _use_new_zipfile_serialization=not legacy)
    told = call(str(source), "--source", "a paper")
    assert "no --sha256 was given" in told and "no --licence was given" in told
    assert same(load_file(FILE)) and same(load("net"))
    recorded = origin(Path(f"{FILE}.dvc"))
    assert recorded is not None
    assert (recorded["source"], recorded["licence"]) == ("a paper", "not given")
    assert recorded["sha256"] == sha256(source) != recorded["safetensors"]


def test_the_same_pickle_gives_the_same_bytes(here: Path, call: Call) -> None:
    for name in ("one", "two"):
        shared = torch.arange(6.0)
        content = {"epoch": 3, "state_dict": {"b": shared.view(2, 3).T, "a": shared}}
        call(str(pickled(here / f"{name}.pt", content)))
    first, second = (Path(f"data/weights/{name}.safetensors") for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()
    assert {*load_file(first)} == {"state_dict.a", "state_dict.b"}


class Evil:
    """Makes a folder as soon as a pickle of it is read."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("evil",)


def test_nothing_in_a_pickle_is_run(here: Path, call: Call) -> None:
    paths = [pickled(here / "zip.pth", {**TENSORS, "more": Evil()})]
    paths += [pickled(here / "old.pth", Evil(), _use_new_zipfile_serialization=False)]
    paths += [here / "plain.bin"]
    paths[-1].write_bytes(pickle.dumps(Evil()))
    for path in paths:
        with pytest.raises(UserError, match=r"cannot be read as tensors without running code"):
            call(str(path))
        assert not Path("evil").exists()
        assert nothing_came()


@pytest.mark.parametrize(
    "content",
    [b"", b"weights", b"PK\x03\x04", b"\x80\x02}", (90).to_bytes(8, "little") + b'{"a": 1}'],
)
def test_what_is_no_checkpoint(here: Path, call: Call, content: bytes) -> None:
    (here / "net.bin").write_bytes(content)
    with pytest.raises(
        UserError, match=r"^net\.bin cannot be read as tensors .*Nothing was changed"
    ):
        call(str(here / "net.bin"))
    assert nothing_came()


def test_a_checkpoint_without_tensors(here: Path, call: Call) -> None:
    with pytest.raises(UserError, match="there are no tensors"):
        call(str(pickled(here / "net.pt", {"epoch": 3})))


def test_a_truncated_file(here: Path, call: Call) -> None:
    source = plain(here / "net.safetensors")
    source.write_bytes(source.read_bytes()[:-1])
    with pytest.raises(UserError, match=r"cannot be read as tensors"):
        call(str(source))
    assert nothing_came()


def test_another_checksum(here: Path, call: Call) -> None:
    source = plain(here / "net.safetensors")
    with pytest.raises(UserError, match=rf"has the SHA-256 {sha256(source)}, not {'0' * 64}; get"):
        call(str(source), "--sha256", "0" * 64)
    assert nothing_came()
    with pytest.raises(UserError, match="is not a SHA-256"):
        call(str(source), "--sha256", "0")


def test_weights_of_that_name_are_replaced_on_demand(here: Path, call: Call) -> None:
    source = plain(here / "net.safetensors")
    call(str(source))
    pipeline = Path("dvc.yaml").read_text("utf-8")
    save_file({"other": torch.ones(1)}, source)
    with pytest.raises(
        UserError, match=r"net\.safetensors exists already; choose another --name, or add"
    ):
        call(str(source))
    assert same(load("net"))
    FILE.unlink()  # it still has a version
    with pytest.raises(UserError, match="exists already"):
        call(str(source))
    call(str(source), "--replace")
    assert {*load("net")} == {"other"}
    assert Path("dvc.yaml").read_text("utf-8") == pipeline


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "../up", "a b", "-x"])
def test_a_name_that_is_none(here: Path, call: Call, name: str) -> None:
    source = plain(here / (f"{name}.safetensors" if name in ("", "a b") else "net.safetensors"))
    with pytest.raises(UserError, match=r"cannot be called .*; give them a --name"):
        call(str(source), *([f"--name={name}"] if name else []))


def test_what_does_not_exist(here: Path, call: Call) -> None:
    with pytest.raises(UserError, match=r"nowhere\.pth is not a file; name a checkpoint"):
        call("nowhere.pth")
    with pytest.raises(UserError, match="--file names one of a package's files"):
        call("nowhere.pth", "--file", "a")
    assert nothing_came()


def test_an_address(here: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    source = plain(here / "elsewhere")

    def download(address: str, folder: Path) -> Path:
        folder.mkdir()
        return Path(shutil.copy(source, folder / "fetched"))

    monkeypatch.setattr(fetch, "fetch", download)
    call("https://me:secret@example.org/models/net.safetensors?key=1")
    assert same(load("net"))
    recorded = origin(Path(f"{FILE}.dvc"))
    assert (
        recorded is not None and recorded["source"] == "https://example.org/models/net.safetensors"
    )


@pytest.fixture
def packages(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is installed of requirements/weights.lock."""
    folder = here / "packages"
    (folder / "net/models").mkdir(parents=True)

    @contextmanager
    def installed(lock: Path) -> Iterator[Path]:
        assert lock == Path("requirements/weights.lock")
        yield folder

    monkeypatch.setattr(weights, "installed", installed)
    Path("requirements").mkdir()
    Path("requirements/weights.lock").write_text("net==1.0\n", encoding="utf-8")
    return folder


def test_what_a_package_brings(packages: Path, call: Call) -> None:
    pickled(packages / "net/models/net-0.1.pth")
    (packages / "net/readme.txt").write_text("weights", encoding="utf-8")
    told = call("requirements/weights.lock", "--name", "net")
    assert "from net/models/net-0.1.pth in the packages of requirements/weights.lock" in told
    assert same(load("net"))


def test_a_package_that_brings_several(packages: Path, call: Call) -> None:
    with pytest.raises(UserError, match=r"with --file: none\."):
        call("requirements/weights.lock", "--name", "net")
    for name in ("a.pth", "b.pth"):
        pickled(packages / "net/models" / name)
    with pytest.raises(UserError, match=r"--file: net/models/a\.pth, net/models/b\.pth\."):
        call("requirements/weights.lock", "--name", "net")
    call("requirements/weights.lock", "--name", "net", "--file", "net/models/b.pth")
    assert same(load("net"))


def test_the_pipeline_keeps_its_comments(here: Path, call: Call) -> None:
    before = Path("dvc.yaml").read_text("utf-8")
    call(str(plain(here / "net.safetensors")))
    after = Path("dvc.yaml").read_text("utf-8")
    old, new = (yaml.safe_load(text)["stages"] for text in (before, after))
    assert new["train"]["deps"] == [*old["train"]["deps"], "data/weights/net.safetensors"]
    assert old | {"train": new["train"]} == new
    assert [line for line in before.splitlines() if "#" in line] == [
        line for line in after.splitlines() if "#" in line
    ]
    [train] = [stage for stage in stages(Project(Path())) if stage.name == "train"]
    assert "data/weights/net.safetensors" in train.deps


@pytest.mark.parametrize(
    ("deps", "expected"),
    [
        ("[a, b]  # both", "[a, b,\n      w]  # both"),
        ("[a, b,\n      c] # all", "[a, b,\n      c,\n      w] # all"),
        ("\n      - a  # one\n      - b # two", "\n      - a  # one\n      - b # two\n      - w"),
        ("\n    - a: {hash: md5} # one\n", "\n    - a: {hash: md5} # one\n    - w\n"),
        ("[w]", "[w]"),
        ("[]", None),
        ("", None),
    ],
)
def test_how_deps_are_written(deps: str, expected: str | None) -> None:
    text = "stages:\n  train: # learns\n    cmd: x\n    deps: {}\n    outs: [o]\n"
    wanted = None if expected is None else text.format(expected)
    assert with_dependency(text.format(deps), "w") == wanted


@pytest.mark.parametrize(
    "text", ["", "stages: {}", "stages: [a]", "- a", "stages: {train: {cmd: x}}"]
)
def test_a_pipeline_without_such_deps(text: str) -> None:
    assert with_dependency(text, "w") is None


def test_it_says_which_line_to_add(here: Path, call: Call) -> None:
    Path("dvc.yaml").write_text("stages: {}\n", encoding="utf-8")
    told = call(str(plain(here / "net.safetensors")))
    assert "next: add data/weights/net.safetensors to the deps of stage train in dvc.yaml" in told


def test_a_full_disk_leaves_nothing(
    here: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(folder: Path, name: str) -> None:
        raise OSError(28, "No space left on device", str(folder / name))

    monkeypatch.setattr(fetch, "give_version", full)
    with pytest.raises(UserError, match="No space left on device; fix that and run it again"):
        call(str(plain(here / "net.safetensors")))
    assert nothing_came()
