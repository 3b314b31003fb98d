"""Search over keys of params.yaml with Optuna's TPE (Bergstra et al., NeurIPS 2011).

Every trial is a DVC experiment in a folder of its own, so several run at once and the working tree
does not change. Trials are kept in a database: a killed sweep resumes where it stopped, and workers
on several machines share a sweep by the database's URL. The next trial follows from the seed and
the trials before it; with a single worker, a sweep repeats the same trials, even after a kill.

Trials are judged on dev. Test is for the chosen model.
"""

import json
import sys
import warnings
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from functools import partial
from threading import Event
from time import monotonic, sleep
from typing import TYPE_CHECKING

from tqdm import tqdm

from ..console.errors import UserError
from ..console.progress import progress
from ..core.random import key as derived
from ..metrics.scores import find
from ..programs import git_says
from .runner import ExperimentFailed, make_ready, run_experiment
from .space import Knob

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial

STORAGE = "sqlite:///sweeps.db"
HEARTBEAT = 5  # seconds between two signs of life of a trial
GRACE = 30  # seconds without one, after which a trial counts as dead and is run again
ENOUGH = 3  # failures without a success after which the sweep stops


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sweep does: `trials` in all, `workers` of them at once, judged by `metric`."""

    name: str
    knobs: Sequence[Knob]
    metric: str
    trials: int
    workers: int
    seed: int
    storage: str = STORAGE


def sweep(plan: Plan) -> list["FrozenTrial"]:
    """Run the rest of the sweep, and return its successful trials, the best first.

    Raises:
        UserError: the storage cannot be used, the name belongs to a different sweep, the working
            tree has uncommitted changes, or all trials failed.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    # Heartbeats: in Optuna since 2021, and still called experimental.
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    if make_ready():
        sys.stderr.write("undid the changes that a killed sweep had begun\n")
    storage = _storage(plan.storage)
    study = _study(plan, storage)
    _Runner(plan, storage).run()
    return ranked(study)


def ranked(study: "Study") -> list["FrozenTrial"]:
    """Return the successful trials: the accepted first, then by score."""
    from optuna.trial import TrialState

    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    sign = -1 if study.direction.name == "MAXIMIZE" else 1
    return sorted(
        done,
        key=lambda trial: (
            not trial.user_attrs["accepted"],
            sign * (trial.value or 0),
            trial.number,
        ),
    )


class _Runner:
    """Starts trials, several at once, until there are enough."""

    def __init__(self, plan: Plan, storage: "BaseStorage") -> None:
        self.plan = plan
        self.storage = storage
        self.begun = Event()
        self.failures: list[str] = []

    def run(self) -> None:
        study = _loaded(self.plan, self.storage)
        _wait_for_the_dead(study)
        running: set[Future[None]] = set()
        bar = progress(total=self.plan.trials, desc=self.plan.name, unit=" trials")
        with bar, ThreadPoolExecutor(self.plan.workers) as pool:
            while True:
                tally = _tally(study)
                bar.update(tally.ended - bar.n)
                self._stop_when_nothing_works(study)
                if len(running) < self.plan.workers and tally.wants(self.plan.trials):
                    running.add(self._begin(pool))
                elif running:
                    done, running = wait(running, HEARTBEAT, FIRST_COMPLETED)
                    for future in done:
                        future.result()
                elif tally.under_way:  # on another machine, or in a sweep that was killed
                    sleep(1)
                else:
                    return

    def _begin(self, pool: ThreadPoolExecutor) -> "Future[None]":
        """Start a trial, and return once it is counted."""
        self.begun.clear()
        future = pool.submit(self._one)
        while not (self.begun.wait(0.1) or future.done()):
            pass
        return future

    def _one(self) -> None:
        # A new sampler: a trial's values follow from the seed and the trials before it.
        tried = _tally(_loaded(self.plan, self.storage)).tried
        study = _loaded(self.plan, self.storage, derived(self.plan.seed, "sweep", tried) % 2**32)
        study.optimize(self._objective, n_trials=1, catch=(ExperimentFailed,))

    def _objective(self, trial: "Trial") -> float:
        values = {knob.key: knob.draw(trial) for knob in self.plan.knobs}
        self.begun.set()
        name = f"{self.plan.name}-{_place(trial):04d}"
        trial.set_user_attr("experiment", name)
        try:
            metrics = run_experiment(name, values)
        except ExperimentFailed as error:
            self.failures.append(f"{name}: {error}")
            tqdm.write(f"failed: {self.failures[-1]}", file=sys.stderr)
            raise
        accepted = bool(metrics.get("accepted", True))
        trial.set_user_attr("accepted", accepted)
        trial.set_constraint("accepted", 0.0 if accepted else 1.0)  # above 0 is a miss
        return float(metrics["dev"][self.plan.metric])

    def _stop_when_nothing_works(self, study: "Study") -> None:
        if len(self.failures) >= ENOUGH and not ranked(study):
            raise UserError(
                f"the first {len(self.failures)} trials failed; the last one: {self.failures[-1]}"
            )


def _wait_for_the_dead(study: "Study") -> None:
    """Queue the trials of a killed sweep before any new one is drawn."""
    if not _tally(study).under_way:
        return
    sys.stderr.write(f"{study.study_name}: trials are under way; checking whether they live\n")
    limit = monotonic() + GRACE + HEARTBEAT
    while _tally(study).under_way and monotonic() < limit:
        sleep(HEARTBEAT / 5)


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of trials by state; a trial that is run again after a kill counts once."""

    tried: int
    ended: int
    under_way: int
    waiting: int

    def wants(self, trials: int) -> bool:
        """Whether to start another trial, of `trials` in all."""
        return self.waiting > 0 or self.tried < trials


def _tally(study: "Study") -> Tally:
    """Count the trials, after queueing again those without a sign of life."""
    from optuna.storages import fail_stale_trials

    fail_stale_trials(study)
    trials = study.get_trials(deepcopy=False)
    last = {_first(trial): trial for trial in trials}  # in order, so the latest attempt counts
    states = [trial.state.name for trial in last.values()]
    ended = states.count("COMPLETE") + states.count("FAIL")
    return Tally(len(states), ended, states.count("RUNNING"), states.count("WAITING"))


def _place(trial: "Trial") -> int:
    """Return how many were tried before, the same number with or without a kill in between."""
    trials = trial.study.get_trials(deepcopy=False)
    firsts = list(dict.fromkeys(map(_first, trials)))
    return firsts.index(_first(trials[trial.number]))


def _first(trial: "FrozenTrial") -> int:
    """Return the number of the trial's first attempt."""
    from optuna.storages import RetryHeartbeatStaleTrialCallback as Retry

    first = Retry.retried_trial_number(trial)
    return trial.number if first is None else first


def _loaded(plan: Plan, storage: "BaseStorage", seed: int | None = None) -> "Study":
    import optuna

    sampler = optuna.samplers.TPESampler(seed=seed)
    return optuna.load_study(study_name=plan.name, storage=storage, sampler=sampler)


def _storage(url: str) -> "BaseStorage":
    from optuna.storages import RDBStorage
    from optuna.storages import RetryHeartbeatStaleTrialCallback as Retry

    opened = partial(
        RDBStorage,
        url,
        heartbeat_interval=HEARTBEAT,
        grace_period=GRACE,
        heartbeat_stale_trial_callback=Retry(max_retry=3),
    )
    try:
        try:
            return opened()
        except Exception:  # another process may be creating the same tables right now
            sleep(1)
            return opened()
    except MemoryError:  # the machine's fault, not the database's
        raise
    except Exception as error:  # every database driver has its own
        reason = str(error).strip().partition("\n")[0]
        raise UserError(
            f"the storage '{url}' cannot be used ({reason}); give the URL of a database, such as "
            f"{STORAGE}, and install its driver."
        ) from None


def _study(plan: Plan, storage: "BaseStorage") -> "Study":
    """Return the sweep of this name, new or to be resumed."""
    import optuna

    study = optuna.create_study(
        study_name=plan.name,
        storage=storage,
        direction="maximize" if find(plan.metric).higher_is_better else "minimize",
        load_if_exists=True,
    )
    # Through JSON, as the storage returns it.
    made_of = json.loads(
        json.dumps(
            {
                "commit": git_says("rev-parse", "HEAD").strip(),
                "keys": [asdict(knob) for knob in plan.knobs],
                "metric": plan.metric,
                "seed": plan.seed,
            }
        )
    )
    for name, value in made_of.items():
        if study.user_attrs.get(name, value) != value:
            raise UserError(
                f"the sweep '{plan.name}' began with another {name}; give this one another name."
            )
        study.set_user_attr(name, value)
    return study
