"""Data, Git and secrets: `pytest tests/engine/audit/test_data_storage.py`."""

from typing import Any

import pytest

from samebits.audit import edited_data
from samebits.audit.data_storage import LOCAL, credentials, lean

CONFIG = ".dvc/config"
PLUGIN = "dvc-{}==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n"


def test_data_that_nothing_tracks(copy: Any) -> None:
    copy.remove("data/raw.dvc")
    new = copy.new()
    assert new["data"][0][:2] == ("data/raw.dvc", 1)
    assert "dvc add data/raw" in new["data"][0].message


def test_data_without_a_version(copy: Any, expect: Any) -> None:
    copy.write("data/raw.dvc", "outs:\n- path: raw\n  md5: soon\n")
    expect("data", "data/raw.dvc", 2, "is not the MD5", stale=True)


# What `dvc add` writes for these files.
FOLDER = (
    "outs:\n- md5: b18cb9cc9e250da4573bbe8754e88431.dir # audit: a test\n  size: 6\n  path: extra\n"
)
FILES = {"b.txt": "one\n", "a/x.txt": "a", "a/ü.txt": "b"}


def lay(copy: Any) -> None:
    copy.write("data/extra.dvc", FOLDER)
    copy.append(".gitignore", "/data/extra\n")
    for name, text in FILES.items():
        copy.write(f"data/extra/{name}", text)


@pytest.mark.parametrize(
    ("name", "text"), [("b.txt", "two\n"), ("b.txt", "longer\n"), ("a/y.txt", "")]
)
@pytest.mark.parametrize("most", [edited_data.READ, 0])
def test_data_edited_in_place(
    copy: Any, expect: Any, monkeypatch: pytest.MonkeyPatch, name: str, text: str, most: int
) -> None:
    lay(copy)
    assert copy.new() == {}
    monkeypatch.setattr(edited_data, "READ", most)
    copy.write(f"data/extra/{name}", text)
    if most or len(text) == 7:
        expect("data", "data/extra.dvc", 2, "edited in place; run `dvc add data/extra`")
    else:
        assert copy.new() == {}  # too large to be read, and as large as before


def test_one_file_edited_in_place(copy: Any, expect: Any) -> None:
    copy.write(
        "data/one.dvc",
        "outs:\n- md5: 5bbf5a52328e7439ae6e719dfe712200 # audit: a test\n  path: one\n",
    )
    copy.append(".gitignore", "/data/one\n")
    copy.write("data/one", "one\n")
    assert copy.new() == {}
    copy.write("data/one", "two\n")
    expect("data", "data/one.dvc", 2, "or `dvc checkout data/one.dvc`")


def test_data_that_is_not_fetched_is_not_edited(copy: Any) -> None:
    lay(copy)
    for name in FILES:
        copy.remove(f"data/extra/{name}")
    assert copy.new() == {}


def test_what_dvc_ignores_is_no_edit(copy: Any) -> None:
    lay(copy)
    copy.write("data/extra/a/.note", "mine")
    assert "data" in copy.new()
    copy.append(".dvcignore", "data/**/.note\n")
    assert "data" not in copy.new()


def test_data_that_git_would_take(copy: Any) -> None:
    for rules in (".gitignore", "data/.gitignore"):
        kept = [line for line in copy.text(rules).splitlines() if "raw" not in line]
        copy.write(rules, "\n".join([*kept, ""]))
    new = copy.new()
    assert new["data"][0][:2] == (".gitignore", 1)
    assert list(new) == ["data"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[core]\n    analytics = false\n", 1, "default remote"),
        ("[core]\n    remote = a\n    analytics = false\n", 2, "no URL"),
        (
            "[core]\n    remote = a\n['remote \"a\"']\n    url = ../../b\n  verify = true\n",
            1,
            "analytics",
        ),
        (
            "[core]\n  remote = a\n  analytics = true\n['remote \"a\"']\n  url = ../../b\n",
            3,
            "analytics",
        ),
        (
            "[core]\n  remote = a\n  analytics = false\n['remote \"a\"']\n  url = ../store\n",
            5,
            "inside",
        ),
    ],
)
def test_a_remote_that_will_not_do(
    copy: Any, expect: Any, text: str, line: int, words: str
) -> None:
    copy.write(CONFIG, f"{text}  verify = true\n" if "url" in text else text)
    expect("data", CONFIG, line, words)


def settings(url: str) -> str:
    options = "[core]\n    analytics = false\n    remote = a\n"
    return f"{options}['remote \"a\"']\n    url = {url}\n    verify = true\n"


@pytest.mark.parametrize("within", ["", "/", "/data/store"])
def test_a_remote_that_is_the_project_itself(copy: Any, expect: Any, within: str) -> None:
    copy.write(CONFIG, settings(f"../../{copy.root.name}{within}"))
    expect("data", CONFIG, 5, "inside the repository")


@pytest.mark.parametrize("url", ["s3://b/c", "../../elsewhere", "ssh://host/x", "git@host:x"])
def test_a_remote_that_will(copy: Any, url: str) -> None:
    copy.write(CONFIG, settings(url))
    copy.write("requirements/remote.lock", "".join(PLUGIN.format(name) for name in ("s3", "ssh")))
    assert copy.new() == {}


@pytest.mark.parametrize("url", ["s3://b/c", "gs://b", "azure://b", "ssh://host/x"])
def test_a_remote_without_its_plugin(copy: Any, expect: Any, url: str) -> None:
    copy.write(CONFIG, settings(url))
    copy.write("requirements/remote.lock", PLUGIN.format("other"))
    expect(
        "data", CONFIG, 5, f"needs dvc-{url.partition(':')[0]}; add it to requirements/remote.in"
    )


def test_a_remote_that_is_not_compared(copy: Any, expect: Any) -> None:
    copy.write(CONFIG, settings("../../elsewhere").replace("verify = true", "verify = false"))
    expect("data", CONFIG, 5, "dvc remote modify a verify true")


@pytest.mark.parametrize(
    "path", ["example.png", "src/weights.safetensors", "notes/all.tar.gz", "table.parquet"]
)
def test_data_in_git(copy: Any, expect: Any, path: str) -> None:
    copy.write(path, b"\x00")
    expect("git", path, 1, "git rm --cached")


@pytest.mark.parametrize("path", ["data/raw/0/a.txt", "models/a.txt", "data/prepared/b.txt"])
def test_a_file_of_dvc_in_git(copy: Any, path: str) -> None:
    # Git can be forced to track what it ignores; without a repository, nothing says so.
    copy.project.tracked.append(path)
    try:
        findings = lean(copy.project).findings
    finally:
        copy.project.tracked.remove(path)
    assert (path, 1) in [finding[:2] for finding in findings]


def test_an_object_of_dvc_in_git(copy: Any, expect: Any) -> None:
    path = f"store/files/md5/0a/{'b' * 30}"
    copy.write(path, b"x")
    expect("git", path, 1, "an object of DVC's")


def test_a_large_file(copy: Any, expect: Any) -> None:
    copy.write("notes.txt", b"a" * 1_000_001)
    expect("git", "notes.txt", 1, "1 MB")


def test_images_of_the_documentation_are_fine(copy: Any) -> None:
    copy.write("docs/plot.png", b"\x00")
    assert copy.new() == {}


def test_an_output_that_git_would_take(copy: Any, expect: Any) -> None:
    copy.append(".gitignore", "!/models\n")
    expect("git", ".gitignore", 1, "models/")


@pytest.mark.parametrize(
    "secret",
    [
        "AKIA" + "A" * 16,
        "-----BEGIN RSA PRIVATE" + " KEY-----",
        "ghp" + "_" + "a" * 36,
        "github" + "_pat_" + "a" * 22,
        "hf" + "_" + "a" * 34,
        "glpat" + "-" + "a" * 20,
        "xoxb" + "-" + "1" * 12,
        "sk" + "-" + "a" * 40,
        "AIza" + "a" * 35,
        "aws_secret" + "_access_key = " + "aB3/" * 10,
        "AWS_SECRET" + "_ACCESS_KEY=" + "aB3/" * 10,
        "DefaultEndpointsProtocol=https;AccountName=a;Account" + "Key=" + "aB3/" * 10,
        "https://a.blob.example/c?sv=2024&s" + "ig=" + "aB3%" * 10,
        "ssh://ann:" + "pass@host/srv",
        '"private_key": "-----BEGIN PRIVATE' + ' KEY-----\\nabc"',
        "https://ann:" + "pass@a.org/",
        "pass" + 'word = "correct1horse"',
    ],
)
def test_a_secret(copy: Any, expect: Any, secret: str) -> None:
    copy.write("notes.md", f"\n\nuse {secret}\n")
    expect("credentials", "notes.md", 3)


@pytest.mark.parametrize(
    "option",
    "access_key_id secret_access_key session_token sse_customer_key connection_string account_key "
    "sas_token client_secret password passphrase custom_auth_header token".split(),
)
def test_a_secret_of_the_remote(copy: Any, expect: Any, option: str) -> None:
    remote = f"\n['remote \"b\"']\n    url = ../../b\n    verify = true\n    {option} = x\n"
    line = copy.append(CONFIG, remote)
    expect("credentials", CONFIG, line + 4, "--local")


def test_the_file_of_secrets_in_git(copy: Any) -> None:
    # Git can be forced to track what it ignores; without a repository, nothing says so.
    copy.project.tracked.append(LOCAL)
    try:
        findings = credentials(copy.project).findings
    finally:
        copy.project.tracked.remove(LOCAL)
    assert [(finding.path, "git rm --cached" in finding.message) for finding in findings] == [
        (LOCAL, True)
    ]


@pytest.mark.parametrize("fine", ["https://a:$TOKEN@b.org", "password: ask", "git@a.org:b/c"])
def test_no_secret(copy: Any, fine: str) -> None:
    copy.write("notes.md", f"{fine}\n")
    assert copy.new() == {}
