"""Parts of the service by themselves: its settings, its queue, its log, its protocol."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from samebits.console.errors import UserError
from samebits.serving.batches import Batcher, Full
from samebits.serving.contents import Content
from samebits.serving.log import Log
from samebits.serving.open_inference import metadata, reply, requested
from samebits.serving.replies import Answer, answers
from samebits.serving.settings import Serving, read


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("prot: 1", "there is no key 'prot'; did you mean 'port'?"),
        ("other: 1", "there is no key 'other'; the keys are host, port, queue"),
        ("port: 70000", "'port' is 70000, but takes a whole number from 0 to 65535."),
        ("queue: '5'", "'queue' is '5', but takes a whole number from 1 to 100000. Write it as 5"),
        ("keep_inputs: 1", "'keep_inputs' is 1, but takes true or false."),
        ("host: a b", "'host' is 'a b', but takes a name such as '127.0.0.1'."),
        ("- a", "has no keys; it takes host, port"),
        ("port: [", "is not valid YAML"),
    ],
)
def test_settings_that_are_wrong(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "serving.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as refusal:
        read(path)
    assert problem in str(refusal.value)


def test_settings_and_their_defaults(tmp_path: Path) -> None:
    path = tmp_path / "serving.yaml"
    assert read(path) == Serving()
    path.write_text("# port: 9\n", encoding="utf-8")
    assert read(path) == Serving()
    path.write_text("megabytes: 2\nkeep_inputs: false\n", encoding="utf-8")
    assert read(path) == Serving(megabytes=2.0, keep_inputs=False)
    assert (Serving().host, Serving().port) == ("127.0.0.1", 8000)


class Slow:
    """Stands for a model: answers each content with its length; `stuck` until it may go on."""

    chunk = 4
    signature = SimpleNamespace(reproducibility={"threads": 1})

    def __init__(self) -> None:
        self.calls, self.free = list[int](), False

    def of(self, contents: Iterable[Content]) -> Iterator[Answer]:
        given = [*contents]
        self.calls.append(len(given))
        while not self.free:
            time.sleep(0.001)
        if any(content.content == b"break" for content in given):
            raise MemoryError
        yield from (Answer(content.name, len(content.content)) for content in given)


def ask(model: Slow, room: int, sizes: list[list[bytes]]) -> list[Any]:
    """What requests of these contents get, all sent at once; then the model goes on."""

    async def all_of_them() -> list[Any]:
        log: Any = SimpleNamespace(write=lambda *_: None)
        batches = Batcher(model, log, room)  # type: ignore[arg-type]
        running = asyncio.create_task(batches.run())
        jobs = []
        for contents in sizes:
            asked = [Content("-", content) for content in contents]
            jobs.append(asyncio.create_task(batches.ask(asked)))
            await asyncio.sleep(0.02)
        model.free = True
        results = await asyncio.gather(*jobs, return_exceptions=True)
        running.cancel()
        batches.close()
        return results

    return asyncio.run(all_of_them())


def test_requests_share_a_call_and_the_queue_has_an_end() -> None:
    model = Slow()
    results = ask(model, 5, [[b"a"], [b"ab", b"abc"], [b""], [b"1234"] * 3, [b"x"]])
    assert [answer.answer for answer in results[0]] == [1]
    assert [answer.answer for answer in results[1]] == [2, 3]
    assert [answer.answer for answer in results[2]] == [0]
    assert isinstance(results[3], Full)
    assert [answer.answer for answer in results[4]] == [1]
    assert model.calls == [1, 4]


def test_an_error_of_one_call_ends_no_other() -> None:
    model = Slow()
    results = ask(model, 50, [[b"a"], [b"break"], [b"ab"] * 4])
    assert [answer.answer for answer in results[0]] == [1]
    assert isinstance(results[1], MemoryError)
    assert [answer.answer for answer in results[2]] == [2] * 4


def test_old_answers_leave_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(name: str) -> None:
        log.write([Content("-", name.encode())], [Answer("-", name)])

    log = Log(tmp_path, "model", keep_inputs=True, keep_days=2)
    now = time.time()
    for day, name in enumerate(("first", "second", "third", "last")):
        monkeypatch.setattr(time, "time", lambda day=day: now + 1.5 * day * 24 * 3600)
        write(name)
    log.close()
    database = sqlite3.connect(tmp_path / "requests.sqlite")
    said = [json.loads(row[0])["answer"] for row in database.execute("SELECT answer FROM answers")]
    assert said == ["third", "last"]
    contents = {row[0] for row in database.execute("SELECT content FROM inputs")}
    assert contents == {b"third", b"last"}
    database.close()


SIGNATURE: Any = SimpleNamespace(
    target="classes", classes=["cat", "dog"], input={"fields": {"mask": ["uint8", [2, 3]]}}
)


def test_several_classes_over_the_protocol() -> None:
    raw = np.array([[0.1, 0.75], [0.5, 0.9], [0.25, 0.0]], np.float32)
    answered = [*answers("classes", ["cat", "dog"], (), raw)]
    said = reply(SIGNATURE, "pets", "1", "x", answered)
    assert (said["id"], said["model_name"]) == ("x", "pets")
    answer, probabilities = said["outputs"]
    assert answer["data"] == ["dog", "cat;dog", "none"]
    assert np.array(probabilities["data"], np.float32).tobytes() == raw.tobytes()


def test_numbers_and_masks_over_the_protocol() -> None:
    numbers = SimpleNamespace(**{**vars(SIGNATURE), "target": "number", "classes": []})
    answered = [*answers("number", [], (5.0, 2.0), np.array([0.1 + 0.2, 3.0]))]
    (answer,) = reply(numbers, "n", "1", None, answered)["outputs"]  # type: ignore[arg-type]
    assert answer == {"name": "answer", "datatype": "FP64", "shape": [2], "data": [0.1 + 0.2, 3.0]}
    masks = SimpleNamespace(**{**vars(SIGNATURE), "target": "mask"})
    raw = np.arange(12, dtype=np.uint8).reshape(2, 2, 3) % 2
    answered = [*answers("mask", ["cat", "dog"], (), raw)]
    (answer,) = reply(masks, "n", "1", None, answered)["outputs"]  # type: ignore[arg-type]
    assert (answer["datatype"], answer["shape"]) == ("UINT8", [2, 2, 3])
    assert answer["data"] == raw.ravel().tolist()
    (output,) = metadata(masks, "n", "1")["outputs"]  # type: ignore[arg-type]
    assert output["shape"] == [-1, 2, 3]
    assert answered[0].record()["answer"] == {"cat": 0.5, "dog": 0.5}
    assert str(answered[0]) == "cat 50.0 %, dog 50.0 %"


def test_texts_over_the_protocol() -> None:
    tensor = {"name": "content", "datatype": "BYTES", "shape": [2], "data": ["é", '{"a": 1}']}
    assert requested({"inputs": [tensor], "id": 7}) == (["é".encode(), b'{"a": 1}'], 7)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_model_that_has_diverged(value: float) -> None:
    with pytest.raises(UserError, match="the model answered NaN or infinity"):
        [*answers("number", [], (0.0, 1.0), np.array([value]))]
