"""A complete project as the template makes it, with the record of a made-up run."""

import hashlib
import json
from dataclasses import MISSING
from pathlib import Path
from typing import Any

import yaml
from conftest import PACKAGE, ROOT, filled

from samebits.core import identity, seals
from samebits.core.config import ENGINE

UNSEEN = {"__pycache__", ".ruff_cache", ".mypy_cache", ".pytest_cache"}


def rendered(root: Path) -> None:
    """Write the project that the template makes, as cookiecutter does."""
    for file in sorted(path for path in ROOT.rglob("*") if path.is_file()):
        place = file.relative_to(ROOT)
        name = "" if UNSEEN & {*place.parts} else filled(place.as_posix())
        if all(name.split("/")):
            copied = place.suffix == ".py" or place.parts[0] in ("scripts", ".github")
            text = file.read_text(encoding="utf-8")
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text if copied else filled(text), encoding="utf-8")


def ran(root: Path) -> None:
    """Write dvc.lock and provenance/ as if every stage had just run; the outputs are made up."""
    pipeline, params, raw = (
        yaml.safe_load((root / name).read_text(encoding="utf-8"))
        for name in ("dvc.yaml", "params.yaml", "data/raw.dvc")
    )
    known = {"data/raw": raw["outs"][0]["md5"]}
    lock: dict[str, Any] = {"schema": "2.0", "stages": {}}
    for name in pipeline["stages"]:
        stated = seals.declared(seals.read_yaml(root / "dvc.yaml"), name)
        deps = {path: known.get(path) or seals.hash_of(root / path) for path in stated.deps}
        seal = seals.path_of(name)
        outs = {path: _hash(f"{name} {path}") for path in stated.outs if path != seal}
        outs = {
            path: digest if Path(path).suffix else f"{digest}.dir" for path, digest in outs.items()
        }
        known |= outs
        content = seals.content(stated, seals.values(stated, root), deps, outs, PACKAGE)
        lock["stages"][name] = {
            "cmd": stated.command,
            "deps": _entries(root, deps),
            "params": {"params.yaml": {section: params[section] for section in stated.params}},
            "outs": _entries(root, outs | {seal: hashlib.md5(content).hexdigest()}),
        }
        if not stated.params:
            del lock["stages"][name]["params"]
        if name == "train":
            _record(root, stated, outs, known["data/raw"], params)
    text = yaml.safe_dump(lock, sort_keys=False, width=1000)
    (root / "dvc.lock").write_text(text, encoding="utf-8")


def _defaults(section: str) -> dict[str, Any]:
    keys = ENGINE.get(section, {}).values()
    return {key.name: key.default for key in keys if key.default is not MISSING}


def _hash(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def _entries(root: Path, hashes: dict[str, str]) -> list[dict[str, Any]]:
    sizes = {path: (root / path).stat().st_size for path in hashes if (root / path).is_file()}
    return [
        {"path": path, "hash": "md5", "md5": md5} | ({"size": sizes[path]} if path in sizes else {})
        for path, md5 in hashes.items()
    ]


def _record(
    root: Path, stated: seals.Declared, outs: dict[str, str], data: str, params: dict[str, Any]
) -> None:
    code = [path for path in stated.deps if path.startswith("src/")]
    made_of = identity.depended(code, (), root)
    read = {name: {**_defaults(name), **params[name]} for name in stated.params}
    made_of |= {"data": data, "params": read}
    record = {"stage": "train", "outputs": outs, "identity": made_of}
    (root / "provenance").mkdir(exist_ok=True)
    (root / "provenance/train.json").write_text(json.dumps(record, indent=1), encoding="utf-8")
