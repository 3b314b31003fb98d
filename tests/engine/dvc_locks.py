"""The content of a dvc.lock, reduced to what a stage made."""

from typing import Any


def lock(**stages: dict[str, str]) -> dict[str, Any]:
    """The content of a dvc.lock: lock(train={"models/a": "hash"})."""
    return {
        "stages": {
            name: {"outs": [{"path": path, "md5": md5} for path, md5 in outs.items()]}
            for name, outs in stages.items()
        }
    }


BOTH_TRAIN = {"train": {"models/a": "1", "reports/b": "2"}}
BOTH = lock(**BOTH_TRAIN, report={"reports/c": "3"})
