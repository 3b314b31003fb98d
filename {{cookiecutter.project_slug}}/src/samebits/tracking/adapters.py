"""What each tracker does with the values of a training.

A program of a tracker's own environment, which has nothing of the project: `tracker.py` runs this
file with a tracker's name, a folder for what it keeps, the name of the run and its params as JSON.
Each line on standard input is {"step": number, "values": {name: number}}; the last is {}.
"""

import json
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

Values = Mapping[str, float]


class Adapter(Protocol):
    """A tracker with a run begun."""

    def __init__(self, folder: Path, run: str, params: Mapping[str, Any]) -> None: ...

    def step(self, step: int, values: Values) -> None:
        """Keep what was measured after a step."""

    def end(self) -> None:
        """End the run."""


class Tensorboard:
    """Files of events in <folder>/runs/<run>; those of a folder are shown as one run."""

    def __init__(self, folder: Path, run: str, params: Mapping[str, Any]) -> None:
        place = folder / "runs" / run
        summary = import_module("tensorboard.summary")  # audit: of this environment
        self._writer = summary.Writer(str(place))
        (place / "params.json").write_text(json.dumps(params, indent=2), "utf-8")

    def step(self, step: int, values: Values) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def end(self) -> None:
        self._writer.close()


class Mlflow:
    """A database <folder>/mlflow.db."""

    def __init__(self, folder: Path, run: str, params: Mapping[str, Any]) -> None:
        self._mlflow = import_module("mlflow")  # audit: of this environment
        self._mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
        self._mlflow.start_run(run_name=run)
        self._mlflow.log_params(params)

    def step(self, step: int, values: Values) -> None:
        self._mlflow.log_metrics(values, step=step)

    def end(self) -> None:
        self._mlflow.end_run()


class Wandb:
    """Runs in <folder>/wandb, which `wandb sync` sends where you want them."""

    def __init__(self, folder: Path, run: str, params: Mapping[str, Any]) -> None:
        wandb = import_module("wandb")  # audit: of this environment
        # It looks at neither the code, the repository nor the machine.
        without = {"disable_git": True, "disable_code": True}
        without |= {"x_disable_meta": True, "x_disable_stats": True}
        settings = wandb.Settings(mode="offline", console="off", silent=True, **without)
        kept = {"dir": str(folder), "config": {**params}, "settings": settings}
        self._run = wandb.init(project="samebits", id=run, name=run, resume="allow", **kept)

    def step(self, step: int, values: Values) -> None:
        self._run.log({**values}, step=step)

    def end(self) -> None:
        self._run.finish()


ADAPTERS: Mapping[str, type[Adapter]] = {
    "tensorboard": Tensorboard,
    "mlflow": Mlflow,
    "wandb": Wandb,
}


def main(name: str, folder: str, run: str, params: str) -> None:
    """Keep what comes, until the last line."""
    adapter = ADAPTERS[name](Path(folder), run, json.loads(params))
    for line in sys.stdin:
        given = json.loads(line)
        if not given:
            break
        adapter.step(given["step"], given["values"])
    adapter.end()


if __name__ == "__main__":
    main(*sys.argv[1:])
