"""`samebits serve`: answers with the bits that were evaluated, whoever asks beside whom."""

import csv
import hashlib
import json
import re
import socket
import sqlite3
import struct
import zlib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from conftest import PACKAGE, image_file
from learnt import INFER, Service, samebits, served

from samebits.training.evaluated import FILE, kept

pytest.importorskip("uvicorn")


@pytest.fixture(scope="module")
def root(_digits: Path) -> Path:
    return _digits


@pytest.fixture(scope="module")
def service(root: Path) -> Iterator[Service]:
    with served(root, "megabytes: 0.1\nmegapixels: 0.01\nexamples: 40\nseconds: 1\n") as service:
        yield service


@pytest.fixture(scope="module")
def tested(root: Path) -> list[bytes]:
    """The contents of the test examples, in the order of the table."""
    with (root / "reports/predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = [row["path"] for row in csv.DictReader(file) if row["split"] == "test"]
    return [(root / "data/raw" / path).read_bytes() for path in rows]


def test_the_page_may_run_its_own_script_alone(service: Service) -> None:
    with closing(HTTPConnection("127.0.0.1", service.port, timeout=30)) as connection:
        connection.request("GET", "/")
        answered = connection.getresponse()
        page, policy = answered.read(), answered.getheader("content-security-policy")
    [script] = re.findall(rb"(?s)<script>(.*?)</script>", page)
    assert policy is not None
    own = b64encode(hashlib.sha256(script).digest()).decode()
    assert f"script-src 'sha256-{own}'" in policy
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy
    assert b"style=" not in page and b" onclick" not in page  # which it would refuse


def test_every_answer_has_the_bits_that_were_evaluated(
    service: Service, root: Path, tested: list[bytes]
) -> None:
    """One by one, in batches of any size, and beside 32 others."""
    evaluated = kept(root / FILE).answers
    assert len(evaluated) == len(tested)
    for size in (1, 2, 7, 8, 31):
        for start in range(0, len(tested), size):
            part = tested[start : start + size]
            assert service.infer(part).tobytes() == evaluated[start : start + size].tobytes()
    asked = [at % len(tested) for at in range(320)]
    with ThreadPoolExecutor(32) as threads:
        answers = [*threads.map(lambda at: service.infer([tested[at]]), asked)]
    for at, answer in zip(asked, answers, strict=True):
        assert answer[0].tobytes() == evaluated[at].tobytes()


def test_raw_bytes_get_what_the_command_says(service: Service, root: Path) -> None:
    path = root / "data/raw/tree/000.png"
    done = samebits(root, "predict", "--json", "-", given=path.read_bytes())
    assert service.ask("/predict", path.read_bytes()).value == json.loads(done.stdout)


def test_what_the_protocol_asks_for(service: Service) -> None:
    assert service.ask("/v2/health/live").value == {"live": True}
    assert service.ask("/v2/health/ready").value == {"ready": True}
    assert service.ask(f"/v2/models/{PACKAGE}/ready").status == 200
    assert service.ask("/v2").value["name"] == "samebits"
    known = service.ask(f"/v2/models/{PACKAGE}").value
    assert known["inputs"] == [{"name": "content", "datatype": "BYTES", "shape": [-1]}]
    assert known["outputs"][1] == {"name": "probabilities", "datatype": "FP32", "shape": [-1, 3]}
    assert b"Drop a file here" in service.ask("/").body
    service.ask("/predict", image_file(0, 0))
    metrics = service.ask("/metrics").body.decode()
    assert re.search(r'^samebits_requests_total\{status="200"\} \d+', metrics, re.MULTILINE)
    assert f'samebits_model_info{{name="{PACKAGE}"' in metrics


def tensor(**changed: Any) -> bytes:
    known = {"name": "content", "datatype": "BYTES", "shape": [1], "data": ["x"]}
    return json.dumps({"inputs": [known | changed]}).encode()


BASE64 = {"content_type": "base64"}
BAD: Mapping[str, tuple[str, bytes, int, str]] = {
    "nothing": ("/predict", b"", 400, "- is not a readable example: empty file."),
    "no image": ("/predict", b"abc", 400, "its format is unknown"),
    "half an image": ("/predict", image_file(0, 0)[:70], 400, "is not a readable example"),
    "another format": ("/predict", b"%!PS-Adobe-3.0 EPSF-3.0\n", 400, "is not a readable example"),
    "too many pixels": ("/predict", image_file(0, 0, height=300, width=300), 400, "million pixels"),
    "too many bytes": ("/predict", bytes(100_001), 413, "the request has more than 0.1 MB."),
    "nowhere": ("/nowhere", b"x", 404, "there is nothing at this address"),
    "no JSON": (INFER, b"x", 400, "the request is not one of protocol v2"),
    "deep JSON": (INFER, b"[" * 50_000, 400, "nested too deeply"),
    "a list": (INFER, b"[]", 400, "`inputs` must be a list of one tensor"),
    "no input": (INFER, b'{"inputs": []}', 400, "`inputs` must be a list of one tensor"),
    "no tensor": (INFER, b'{"inputs": [3]}', 400, "`inputs` must be a list of one tensor"),
    "another name": (INFER, tensor(name="x"), 400, "the tensor must have the name content"),
    "another type": (INFER, tensor(datatype="FP32"), 400, "and the datatype BYTES"),
    "numbers": (INFER, tensor(data=[1]), 400, "`data` must be a list of texts"),
    "no data": (INFER, tensor(data=None), 400, "`data` must be a list of texts"),
    "a lie about length": (INFER, tensor(shape=[2]), 400, "`shape` must be [1]"),
    "no base64": (INFER, tensor(parameters=BASE64, data=["?"]), 400, "`data` must be base64"),
    "half a letter": (INFER, tensor(data=["\ud800"]), 400, "`data` holds an unpaired surrogate"),
    "no image within": (INFER, tensor(), 400, "is not a readable example"),
    "none at all": (INFER, tensor(data=[], shape=[0]), 400, "the request holds no example."),
    "many": (INFER, tensor(data=["x"] * 41, shape=[41]), 413, "has more than 40 examples."),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_one_sentence(service: Service, name: str) -> None:
    path, body, status, words = BAD[name]
    said = service.ask(path, body)
    assert said.status == status, said
    assert words in said.value["error"]
    assert "\n" not in said.value["error"] and "Traceback" not in said.value["error"]
    assert service.ask("/predict", image_file(0, 0)).status == 200


def test_other_methods(service: Service) -> None:
    assert service.ask("/predict", method="GET").value["error"] == "/predict takes POST."
    assert service.ask("/v2", b"", method="DELETE").status == 405
    assert service.ask("/v2", method="HEAD").body == b""


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000000\r\n\r\n", b"413"),
        (b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nshort", b"408"),
        (
            b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"4000\r\n"
            + bytes(0x4000)
            + b"\r\n",
            b"408",
        ),
        (
            b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            + (b"4000\r\n" + bytes(0x4000) + b"\r\n") * 7
            + b"0\r\n\r\n",
            b"413",
        ),
    ],
    ids=["nonsense", "negative", "a lie", "slow", "slow chunks", "chunks"],
)
def test_bad_requests(service: Service, sent: bytes, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
        connection.sendall(sent)
        answered = connection.recv(4096)
    assert answered.split()[1] == status, answered
    assert service.ask("/predict", image_file(0, 0)).status == 200


def test_garbage_behind_a_request(service: Service) -> None:
    content = image_file(0, 0)
    head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: {len(content)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
        connection.sendall(head.encode() + content + b"\0garbage\r\n\r\n")
        answered = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answered.split()[1] == b"200"
    assert answered.count(b"HTTP/1.1 400") == 1


def test_an_image_that_is_far_larger_than_its_file(service: Service) -> None:
    """A service that decoded it would take gigabytes."""
    head = b"IHDR" + struct.pack(">IIBBBBB", 30_000, 30_000, 8, 6, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head
    content += struct.pack(">I", zlib.crc32(head))
    content += struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    said = service.ask("/predict", content)
    assert said.status == 400
    assert "900 million pixels, more than data.megapixels, 0.01" in said.value["error"]


@pytest.fixture
def copy(digits: Path) -> Path:
    return digits


def refused(root: Path) -> str:
    done = samebits(root, "serve", "--port", "0")
    assert done.returncode == 2
    assert done.stdout == b""
    (line,) = done.stderr.decode().splitlines()
    return line


def test_one_flipped_bit_is_not_served(copy: Path) -> None:
    for path, words in (
        (copy / "models/model.safetensors", "not what signature.json beside it was written with"),
        (copy / FILE, "not serving: 1 of 26 test examples get answers with other bits than when"),
    ):
        before = path.read_bytes()
        # The last byte is of a weight, or of the image of a test example; its pixels count.
        path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        assert words in refused(copy)
        path.write_bytes(before)


def test_other_code_is_not_served(copy: Path) -> None:
    file = copy / f"src/{PACKAGE}/model.py"
    file.write_text(f"{file.read_text(encoding='utf-8')}# edited\n", encoding="utf-8")
    assert f"not serving: model.py of src/{PACKAGE} changed since" in refused(copy)


def test_nobody_beyond_this_machine_without_a_token(copy: Path) -> None:
    (copy / "serving.yaml").write_text("host: 0.0.0.0\n", encoding="utf-8")
    assert "set the variable SAMEBITS_TOKEN to a secret" in refused(copy)
    with served(copy, "host: 0.0.0.0\n", SAMEBITS_TOKEN="secret") as service:
        said = service.ask("/predict", image_file(0, 0))
        assert (said.status, "send the token" in said.value["error"]) == (401, True)
        assert service.ask("/predict", image_file(0, 0), Authorization="Bearer x").status == 401
        assert service.ask("/v2/health/live").status == 200
        good = {"Authorization": "Bearer secret"}
        assert service.ask("/predict", image_file(0, 0), **good).status == 200


def test_a_port_that_is_taken(copy: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = samebits(copy, "serve", "--port", port)
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr.decode()


def logged(root: Path, what: str) -> list[Any]:
    with closing(sqlite3.connect(root / "served/requests.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return database.execute(what).fetchall()


def test_a_kill_loses_no_answer_that_was_given(copy: Path) -> None:
    """SIGKILL under load, again and again; each request is another image."""
    numbers, answered = count(), list[int]()
    for _ in range(5):
        with served(copy) as service:
            given = list[int]()

            def work(_: int, service: Service = service, given: list[int] = given) -> None:
                while service.process.poll() is None:
                    number = next(numbers)
                    try:
                        said = service.ask("/predict", image_file(number % 3, number))
                    except (OSError, HTTPException):
                        return
                    assert said.status == 200, said
                    given.append(number)
                    if len(given) == 100:
                        service.process.kill()

            with ThreadPoolExecutor(8) as threads:
                [*threads.map(work, range(8))]
            answered += given
    rows = logged(copy, "SELECT content FROM answers JOIN inputs ON input = sha256")
    known = {content for (content,) in rows}
    assert len(answered) >= 500
    assert all(image_file(number % 3, number) in known for number in answered)


def test_what_the_log_holds(copy: Path) -> None:
    content = image_file(2, 5)
    with served(copy) as service:
        said = service.ask("/predict", content).value
        bits = service.infer([content])[0].tobytes()
        service.ask("/predict", b"no image")
    first, second, third = logged(copy, "SELECT answer, bits, model FROM answers ORDER BY id")
    assert json.loads(first[0]) == said
    assert first[1] == second[1] == bits
    assert "error" in json.loads(third[0]) and third[1] == b""
    signature = json.loads((copy / "models/signature.json").read_text(encoding="utf-8"))
    assert {row[2] for row in (first, second, third)} == {signature["weights"]}
    with served(copy, "keep_inputs: false\n") as service:
        service.ask("/predict", image_file(1, 99))
    inputs = [row[0] for row in logged(copy, "SELECT content FROM inputs")]
    assert content in inputs
    assert image_file(1, 99) not in inputs
