"""Addresses: what is recorded of them, and what DVC does with them."""

import http.server
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from samebits.console.errors import UserError
from samebits.ingest.download import fetch, import_folder, is_address, names_archive, public

USER = "me:secret"


class Answers(http.server.BaseHTTPRequestHandler):
    """Breaks off in the middle of /broken, and has nothing else."""

    def do_HEAD(self) -> None:
        known = self.path == "/broken"
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", "10" if known else "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        if self.path == "/broken":
            self.wfile.write(b"01234")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socketserver.TCPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_what_is_an_address() -> None:
    for source in ("https://host/a.zip", "s3://bucket", "remote://mine/cats", "hdfs://a"):
        assert is_address(source)
    for source in ("cats", "C:/cats", "c://cats", "./a://b", "/a"):
        assert not is_address(source)


def test_what_names_an_archive() -> None:
    for source in ("https://host/get?id=1", "s3://bucket/a.ZIP", "ssh://host/a.tar.gz"):
        assert names_archive(source)
    for source in ("s3://bucket/cats", "s3://bucket", "ssh://host/a.zip/cats"):
        assert not names_archive(source)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (f"https://{USER}@host:8/a.zip?token=1#x", "https://host:8/a.zip"),
        ("s3://bucket/cats", "s3://bucket/cats"),
        ("ssh://me@host/cats", "ssh://host/cats"),
    ],
)
def test_secrets_are_not_shown(address: str, shown: str) -> None:
    assert public(address) == shown


def test_nothing_is_there(tmp_path: Path, server: str) -> None:
    said = rf"^DVC cannot get http://{server}/nothing: .*not exist"
    with pytest.raises(UserError, match=said) as error:
        fetch(f"http://{USER}@{server}/nothing?token=1", tmp_path / "here")
    assert "secret" not in str(error.value)
    assert "token" not in str(error.value)


def test_a_download_that_breaks_off(tmp_path: Path, server: str) -> None:
    with pytest.raises(UserError, match=rf"^DVC cannot get http://{server}/broken: "):
        fetch(f"http://{server}/broken", tmp_path / "here")


@pytest.mark.parametrize("address", ["ssh://me@host/cats", "s3://bucket/cats?versionId=1"])
def test_an_import_would_record_secrets(tmp_path: Path, address: str) -> None:
    with pytest.raises(UserError, match=r"has a user or a query.*use remote://NAME/folder"):
        import_folder(address, tmp_path)
