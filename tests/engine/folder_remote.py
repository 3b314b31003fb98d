"""A folder that is DVC's remote, with what a stage `prepare` pushed."""

import hashlib
import json
from pathlib import Path
from typing import Any

import yaml


class Remote:
    """A folder that is DVC's remote, and the dvc.lock that names what is there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        core = "[core]\n    no_scm = True\n    remote = r\n"
        Path(".dvc").mkdir(exist_ok=True)
        config = f"{core}['remote \"r\"']\n    url = {root}\n"
        Path(".dvc/config").write_text(config, encoding="utf-8")

    def put(self, content: bytes, end: str = "") -> str:
        name = hashlib.md5(content).hexdigest() + end
        path = self.place(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return name

    def place(self, name: str) -> Path:
        return self.root / "files/md5" / name[:2] / name[2:]

    def push(self, *folders: Path) -> None:
        """Send folders, and write the dvc.lock of a stage `prepare` that made them."""
        outs = [{"path": folder.as_posix(), "md5": self._sent(folder)} for folder in folders]
        lock = {"schema": "2.0", "stages": {"prepare": {"outs": outs}}}
        Path("dvc.lock").write_text(yaml.safe_dump(lock), encoding="utf-8")

    def _sent(self, folder: Path) -> str:
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        listed = [
            {"md5": self.put(path.read_bytes()), "relpath": path.relative_to(folder).as_posix()}
            for path in paths
        ]
        return self.put(json.dumps(listed).encode(), ".dir")

    def names(self) -> dict[str, str]:
        """Hash of every file of the first folder, by its path in it; the list's own as ''."""
        lock: Any = yaml.safe_load(Path("dvc.lock").read_text(encoding="utf-8"))
        name = lock["stages"]["prepare"]["outs"][0]["md5"]
        listed = json.loads(self.place(name).read_bytes())
        return {"": name} | {entry["relpath"]: entry["md5"] for entry in listed}
