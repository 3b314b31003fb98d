"""A made-up history: commits whose outputs are in a DVC cache, without a run."""

import hashlib
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from samebits.remote import revisions

NAMES = ("outputs", "sources", "params", "machine", "files")
EXAMPLES = "data/prepared/train/examples.csv"


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


class History:
    """A repository in the current folder, and a cache next to it."""

    params: ClassVar = {"optimization": {"rate": 0.006}, "reproducibility": {"level": "off"}}
    machine: ClassVar = {"processor": "One", "flags": "avx fma", "torch": "2.0", "memory": 4.0}
    sources: ClassVar = {"src/p/model.py": "m", "requirements/runtime.lock": "torch==2.0"}
    outputs: ClassVar = {
        "prepare": {EXAMPLES: "md5\na\nb\n"},
        "train": {"models/w": "1", "reports/losses.csv": "step,loss\n0,0.5\n1,0.25\n"},
        "evaluate": {"reports/metrics.json": '{"score": 0.5, "metric": "f1"}'},
    }

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgSign=false")
        done = subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)
        return done.stdout.decode().strip()

    def commit(self, **changed: Any) -> str:
        """Commit what a run would leave, and return the commit.

        Args:
            changed: `outputs`, `sources`, `params` or `machine` in place of those above; `files`,
                which are written last of all.
        """
        now = {name: changed.get(name, getattr(self, name, {})) for name in NAMES}
        for path, text in now["sources"].items():
            self.write(path, text)
        self.write("params.yaml", yaml.safe_dump(now["params"]))
        deps = [{"path": path, "md5": md5(text)} for path, text in now["sources"].items()]
        stages: Any = {name: {"outs": self.keep(texts)} for name, texts in now["outputs"].items()}
        stages["train"] |= {"deps": deps, "params": {"params.yaml": now["params"]}}
        self.write("dvc.lock", yaml.safe_dump({"stages": stages}, sort_keys=False))
        made = {path: md5(text) for path, text in now["outputs"]["train"].items()}
        record = {"outputs": made, "machine": now["machine"]}
        self.write("provenance/train.json", json.dumps(record))
        for path, text in now["files"].items():
            self.write(path, text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "Results")
        return self.git("rev-parse", "HEAD")

    def keep(self, made: Mapping[str, str]) -> list[dict[str, str]]:
        """Put outputs into the cache; those in a folder below data/prepared as one output."""
        outputs = []
        for path, text in made.items():
            self.store(md5(text), text)
            folder, name = path.rsplit("/", 1)
            if folder.startswith("data/prepared/"):
                listed = json.dumps([{"md5": md5(text), "relpath": name}])
                self.store(f"{md5(listed)}.dir", listed)
                outputs.append({"path": folder, "md5": f"{md5(listed)}.dir"})
            else:
                outputs.append({"path": path, "md5": md5(text)})
        return outputs

    def store(self, name: str, text: str) -> None:
        self.write(str(self.cache / "files" / "md5" / name[:2] / name[2:]), text)

    def write(self, path: str, text: str) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8", newline="\n")


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    """An empty history in the current folder."""
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.setattr(revisions, "cache_folder", lambda: tmp_path / "cache")
    return History(tmp_path / "cache")
