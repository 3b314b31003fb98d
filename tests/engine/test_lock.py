"""The refreshing of locks, without the resolver."""

from pathlib import Path

import pytest
from uv_tool import Problem

import lock

ONE, TWO, THREE = (f"sha256:{digit * 64}" for digit in "123")
CPU = "torch==2.0.0+cpu ; sys_platform != 'darwin'"
MAC = "torch==2.0.0 ; sys_platform == 'darwin'"
HERE = f"numpy==1.0 \\\n    --hash={ONE}\n    # via -r requirements/runtime.in\n"


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A draft and a folder in force, on a machine that finds wheels by links."""
    monkeypatch.setenv("UV_FIND_LINKS", "wheels")
    draft, force = tmp_path / "draft", tmp_path / "force"
    draft.mkdir()
    force.mkdir()
    return draft, force


def write(folder: Path, text: str) -> Path:
    file = folder / "runtime.lock"
    file.write_text(text, encoding="utf-8", newline="\n")
    return file


def test_reads_pins_with_markers_with_and_without_hashes() -> None:
    text = HERE + f"{MAC}\n    # via x\n" + lock.block(CPU, [ONE, TWO]) + "    # via x\n"
    assert lock.pins(text) == {"numpy==1.0": [ONE], MAC: [], CPU: [ONE, TWO]}


def test_hashes_for_other_machines_are_kept(folders: tuple[Path, Path]) -> None:
    draft, force = folders
    new = write(draft, HERE + lock.block(MAC, [THREE]) + lock.block(CPU, [ONE]))
    complete = lock.block(MAC, [THREE]) + lock.block(CPU, [ONE, TWO])
    lock.complete_cpu_builds(draft, write(force, complete))
    assert new.read_text(encoding="utf-8") == HERE + complete


def test_a_new_release_needs_the_index(folders: tuple[Path, Path]) -> None:
    draft, force = folders
    write(draft, lock.block(CPU, [ONE]))
    with pytest.raises(Problem, match=r"hashes of torch==2\.0\.0\+cpu for other machines"):
        lock.complete_cpu_builds(draft, force / "runtime.lock")


def test_the_index_knows_a_new_release(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    draft, force = folders
    monkeypatch.delenv("UV_FIND_LINKS")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setattr(lock, "index_pins", lambda draft, names: {CPU: [ONE, TWO], MAC: [THREE]})
    new = write(draft, f"{MAC}\n    # via x\n{CPU}\n    # via x\n")
    lock.complete_cpu_builds(draft, force / "runtime.lock")
    assert lock.pins(new.read_text(encoding="utf-8")) == {CPU: [ONE, TWO], MAC: [THREE]}


def test_a_wheel_that_is_not_the_known_one_is_refused(folders: tuple[Path, Path]) -> None:
    draft, force = folders
    write(draft, lock.block(CPU, [THREE]))
    with pytest.raises(Problem, match="has another hash than"):
        lock.complete_cpu_builds(draft, write(force, lock.block(CPU, [ONE, TWO])))


def test_versions_are_kept_but_hashes_asked_for_anew(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    draft, _ = folders
    (draft / "runtime.in").write_text("numpy\ntorch\n", encoding="utf-8")
    new = write(draft, HERE + lock.block(MAC, [ONE, TWO]))
    monkeypatch.setattr(lock, "uv_compile", lambda *arguments: None)
    lock.compile_lock(draft, "runtime", False)
    assert lock.pins(new.read_text(encoding="utf-8")) == {"numpy==1.0": [], MAC: []}


def test_setup_lock_is_what_dev_lock_says_of_uv() -> None:
    uv = lock.block("uv==0.1.0", [ONE, TWO])
    assert lock.only("uv", HERE + uv + "    # via -r requirements/dev.in\n") == uv
    with pytest.raises(Problem, match="does not ask for uv"):
        lock.only("uv", HERE)


def test_says_what_changed_and_replaces_only_that(folders: tuple[Path, Path]) -> None:
    draft, force = folders
    old = write(force, lock.block("a==1", [ONE]) + lock.block("b==1", [ONE]))
    write(draft, lock.block("a==2", [ONE]) + lock.block("b==1", [TWO]))
    same = force / "same.lock"
    for folder in folders:
        (folder / "same.lock").write_text(HERE, encoding="utf-8")
    before = same.stat().st_mtime_ns
    assert lock.adopt(draft, force) == [
        "runtime.lock: - a==1",
        "runtime.lock: + a==2",
        "runtime.lock: ~ b==1 (other hashes)",
    ]
    assert old.read_bytes() == (draft / "runtime.lock").read_bytes()
    assert same.stat().st_mtime_ns == before
    assert lock.adopt(draft, force) == []


def test_a_failure_leaves_every_lock_alone(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, force = folders
    write(force, HERE)

    def fail(folder: Path, name: str, upgrade: bool) -> None:
        if name == "dev":
            raise Problem("no network")
        (folder / f"{name}.lock").write_text("half", encoding="utf-8")

    monkeypatch.setattr(lock, "compile_lock", fail)
    with pytest.raises(Problem):
        lock.refresh(force, False)
    assert [file.name for file in force.iterdir()] == ["runtime.lock"]
    assert (force / "runtime.lock").read_text(encoding="utf-8") == HERE
