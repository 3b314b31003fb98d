"""Examples from the remote: the same as on disk, or an error; and only those requested."""

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from folder_remote import Remote
from handwritten_digits.model import inputs

from samebits.console.errors import UserError
from samebits.core.sections import Runtime
from samebits.data.fields import Field
from samebits.data.loader import Batches, Preparation, Split, stream
from samebits.data.prepared import Example, Index
from samebits.data.shard_writer import Writer
from samebits.data.shards import rows
from samebits.data.streaming import FOLDER, fetch_lists
from samebits.remote.filesystem import Objects, Run

TRAIN = Path("data/prepared/train")
COUNT, FACTS = 23, {"width": 9, "height": 7, "brightness": 0.5}
PLAIN = Preparation(inputs, lambda batch, _: batch, 0)


@pytest.fixture
def remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Remote:
    """Prepared examples in several shards, pushed; and data/prepared as it was before."""
    here = tmp_path / "here"
    (here / ".dvc").mkdir(parents=True)
    monkeypatch.chdir(here)
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    remote = Remote(tmp_path / "there")
    images = np.random.default_rng(0).integers(0, 256, (COUNT, 3, 4, 4), dtype=np.uint8)
    fields = {"image": Field("uint8", (3, 4, 4))}
    with Writer(TRAIN, fields, 5 * 48) as writer:
        for number in range(COUNT):
            content = hashlib.md5(str(number).encode()).hexdigest()
            example = Example(f"tree/{number:02d}.png", "tree", content, "", FACTS)
            writer.add(example, number % 2, images[number].tobytes())
        Index("1", writer.close(), "class", ["house", "tree"], fields).write(TRAIN)
    remote.push(TRAIN)
    return remote


@pytest.fixture
def families(remote: Remote) -> Remote:
    """Examples of three arrays, pushed; nothing of them is here."""
    fields = {
        "series": Field("float32", (2, 3)),
        "known": Field("bool", (3,)),
        "age": Field("int16", ()),
    }
    draw = np.random.default_rng(0)
    with Writer(TRAIN, fields, 5 * 29) as writer:
        for number in range(COUNT):
            series, known = draw.random((2, 3)).astype("<f4"), draw.random(3) > 0.5
            row = series.tobytes() + known.tobytes() + np.int16(number).tobytes()
            content = hashlib.md5(str(number).encode()).hexdigest()
            writer.add(Example(f"tree/{number:02d}.bin", "tree", content, "", {}), 0, row)
        Index("1", writer.close(), "class", ["house", "tree"], fields).write(TRAIN)
    assert not [*TRAIN.glob("image-*.npy")], "what an earlier run left is gone"
    remote.push(TRAIN)
    return remote


@pytest.mark.usefixtures("families")
def test_all_arrays_of_an_example_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    local, streamed = open_both()
    read, seen = Objects.read, list[int]()

    def watched(self: Objects, runs: Sequence[Run]) -> list[bytes]:
        seen.append(sum(run.stop - run.start for run in runs))
        return read(self, runs)

    monkeypatch.setattr(Objects, "read", watched)
    assert streamed.shapes() == local.shapes() == {"series": (2, 3), "known": (3,), "age": ()}
    chosen = np.random.default_rng(1).permutation(COUNT)
    for choice in (chosen[:9], chosen[:0], slice(3, 17), slice(None)):
        seen.clear()
        streamed_rows, expected = rows(streamed.arrays, choice), rows(local.arrays, choice)
        assert seen == [29 * len(expected["age"])]
        for name, array in expected.items():
            assert (array == streamed_rows[name]).all()
            assert (array.dtype, array.shape) == (
                streamed_rows[name].dtype,
                streamed_rows[name].shape,
            )
    assert [int(streamed.arrays["age"][row]) for row in (0, 7, -1)] == [0, 7, COUNT - 1]


@pytest.mark.parametrize("name", ["series", "known", "age"])
def test_a_change_in_any_array(families: Remote, name: str) -> None:
    _, streamed = open_both()
    shards = {field: families.names()[f"{field}-00001.npy"] for field in streamed.arrays}
    change(families.place(shards[name]))
    says = " or ".join(f"{TRAIN}/{shard}-00001.npy" for shard in shards)
    for array in streamed.arrays.values():
        refused(f"^an example of {says} on DVC's remote", partial(array.__getitem__, slice(None)))
    for stored in shards.values():
        refused(f"{stored[:2]}/{stored[2:]}", lambda: streamed.arrays["age"][:])


@pytest.mark.parametrize("kind", ["|u1", "<i8"])
def test_an_array_of_another_kind(families: Remote, kind: str) -> None:
    np.save(TRAIN / "known-00000.npy", np.load(TRAIN / "known-00000.npy").astype(kind))
    families.push(TRAIN)
    refused("the shards of train on DVC's remote are damaged", open_it)


def test_arrays_that_are_cut_at_other_examples(families: Remote) -> None:
    first, second = (TRAIN / f"age-0000{number}.npy" for number in range(2))
    whole = np.concatenate([np.load(first), np.load(second)])
    np.save(first, whole[:-1])
    np.save(second, whole[-1:])
    families.push(TRAIN)
    refused("the shards of train on DVC's remote are damaged", open_it)
    assert Split.open(TRAIN).arrays["age"][COUNT - 1] == COUNT - 1


def change(path: Path, place: int = -1) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def open_both() -> tuple[Split, Split]:
    """The examples on disk, and those of the remote when nothing is on disk."""
    local = Split.open(TRAIN)
    # Mapped files stay readable.
    TRAIN.rename("elsewhere")
    return local, Split.open(TRAIN, streamed=True)


def test_the_same_examples(remote: Remote) -> None:
    local, streamed = open_both()
    assert len(remote.names()) >= 5 + 4
    assert (streamed.shapes(), streamed.version) == (local.shapes(), local.version)
    assert streamed.labels.tolist() == local.labels.tolist()
    chosen = np.random.default_rng(1).permutation(COUNT)
    for choice in (chosen, chosen[:0], slice(3, 17), slice(20, 99), slice(None), 12, -1):
        assert (streamed.arrays["image"][choice] == local.arrays["image"][choice]).all()
    with pytest.raises(IndexError):
        streamed.arrays["image"][COUNT]
    assert not TRAIN.exists()
    assert sorted(path.suffix for path in (FOLDER / "train").iterdir()) == [
        *(".csv", ".json", ".npy", ".npy")
    ]


def runtime(workers: int) -> Runtime:
    often: dict[str, Any] = {"log_every": 1, "checkpoint_every": 1, "checkpoint_seconds": 60}
    return Runtime(processes=1, workers=workers, prefetch=2, stream=True, **often)


@pytest.mark.parametrize("workers", [0, 2])
def test_the_same_batches(remote: Remote, workers: int) -> None:
    local, streamed = (Batches(split, 4, 0, PLAIN) for split in open_both())
    for step, batch in enumerate(stream(streamed, 0, 7, runtime(workers))):
        assert (batch.inputs["image"] == local[step].inputs["image"]).all()
        assert (batch.target == local[step].target).all()


def test_a_process_reads_its_own_part_alone(
    remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, streamed = open_both()
    read, seen = Objects.read, list[Run]()

    def watched(self: Objects, runs: Sequence[Run]) -> list[bytes]:
        seen.extend(runs)
        return read(self, runs)

    monkeypatch.setattr(Objects, "read", watched)
    parts = [Batches(streamed, 4, 0, PLAIN, (place, 2)) for place in range(2)]
    for part in parts:
        seen.clear()
        for step in range(part.steps_per_epoch):
            part[step]
        assert sum(run.stop - run.start for run in seen) == part.steps_per_epoch * 2 * 48
    seen.clear()
    assert len(streamed.arrays["image"][0:2]) == 2
    assert len(seen) == 1, "neighbours are one request"


def refused(says: str, act: Callable[[], object]) -> None:
    with pytest.raises(UserError, match=says) as error:
        act()
    assert len(str(error.value).splitlines()) == 1


def open_it() -> Split:
    return Split.open(TRAIN, streamed=True)


@pytest.mark.parametrize("path", ["", "index.json", "labels.npy", "examples.csv", "checksums.npy"])
def test_a_changed_list(remote: Remote, path: str) -> None:
    change(remote.place(remote.names()[path]))
    refused("on DVC's remote is not what was pushed; delete it", open_it)


@pytest.mark.parametrize("path", ["", "labels.npy", "image-00001.npy"])
def test_what_is_not_there(remote: Remote, path: str) -> None:
    remote.place(remote.names()[path]).unlink()
    refused("is not on DVC's remote; run 'make push'", open_it)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_changed_example(remote: Remote, workers: int) -> None:
    _, streamed = open_both()
    change(remote.place(remote.names()["image-00001.npy"]))
    batches = Batches(streamed, 4, 0, PLAIN)
    name = remote.names()["image-00001.npy"]
    says = f"^an example of {TRAIN}/image-00001.npy .* delete files/md5/{name[:2]}/{name[2:]} there"
    refused(says, lambda: list(stream(batches, 0, 6, runtime(workers))))


@pytest.mark.parametrize("size", [0, 100, 128, 200])
def test_a_truncated_shard(remote: Remote, size: int) -> None:
    path = remote.place(remote.names()["image-00000.npy"])
    path.write_bytes(path.read_bytes()[:size])
    refused("on DVC's remote (is not what was|are damaged)", lambda: open_it().arrays["image"][:])


def test_another_kind_of_shard(remote: Remote) -> None:
    change(remote.place(remote.names()["image-00000.npy"]), 3)
    refused("the shards of train on DVC's remote are damaged", open_it)


def test_shards_of_another_number_of_examples(remote: Remote) -> None:
    np.save(TRAIN / "checksums.npy", np.zeros(COUNT + 1, dtype="<u4"))
    remote.push(TRAIN)
    refused(f"hold {COUNT} examples, not {COUNT + 1}", open_it)


def test_without_a_lock(remote: Remote) -> None:
    remote.push(TRAIN.rename(TRAIN.with_name("other")))
    refused("dvc.lock does not name data/prepared/train; run 'dvc repro prepare'", open_it)
    Path("dvc.lock").unlink()
    refused("dvc.lock is missing", open_it)


def test_without_a_remote(remote: Remote) -> None:
    Path(".dvc/config").write_text("[core]\n    no_scm = True\n", encoding="utf-8")
    refused("^there is no remote; name one with 'dvc remote add", open_it)


def test_a_remote_that_cannot_be_read(remote: Remote, capsys: pytest.CaptureFixture[str]) -> None:
    path = remote.place(remote.names()[""])
    path.unlink()
    path.mkdir()
    refused("^DVC failed with the remote 'r' .*, as shown above", open_it)
    assert "s a directory" in capsys.readouterr().err


def test_a_list_that_leads_elsewhere(remote: Remote) -> None:
    listed = json.dumps([{"md5": remote.put(b"x"), "relpath": "../../../outside"}])
    outs = {"outs": [{"path": TRAIN.as_posix(), "md5": remote.put(listed.encode(), ".dir")}]}
    lock = {"schema": "2.0", "stages": {"prepare": outs}}
    Path("dvc.lock").write_text(yaml.safe_dump(lock), encoding="utf-8")
    with pytest.raises(
        UserError,
        match=r"the list of data/prepared/train names .* leaves its "
        r"folder",
    ):
        fetch_lists(TRAIN)
    assert not Path("../outside").exists()
