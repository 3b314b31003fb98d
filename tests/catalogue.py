"""Classic bugs in training code, to plant in a generated project, and how each must be reported.

A plant is a regular expression and what replaces its one match, or "" and what a new file holds;
`test_catalogue.py` plants and looks for them. Paths that begin with `P/` are below the user's
package, with `E/` below the engine.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from helpers import PACKAGE

Change = tuple[str, str, str]
YOURS, LOADER, LOOP = "P/training.py", "E/data/loader.py", "E/training/loop.py"
EVALUATE, SPLITS = "E/stages/evaluate.py", "E/data/splits.py"
PAGE, SAMPLING = "E/report/page.py", "E/data/sampling.py"
LOOP_TESTS, INPUT_TESTS = "training/test_loop.py", "stages/test_inputs.py"
LOADER_TESTS = "data/test_loader.py"
SHOWN = re.compile(r"^\| bug \|.*(?:\n\|.*)*", re.MULTILINE)  # the table in the docs
OTHER_AFTER_A_KILL = r"test_a_killed_run_goes_on_to_the_same_bits\S+ - (AssertionError: )?assert <"


class Bug(NamedTuple):
    """One bug.

    name: the entry in the table.
    changes: file, regular expression, replacement.
    says: regular expression of a detector's message about exactly this bug.
    tests: those of the engine, or `tests/` of the project, that concern it; none if only a whole
        run can tell.
    stages: those that must still run with it, because a bug that stops the run needs no detector.
    settings: changes of params.yaml with which it runs.
    made: the DVC command whose results are committed, if `make verify` is needed.
    """

    name: str
    changes: list[Change]
    says: str
    tests: str = ""
    stages: str = "train"
    settings: tuple[Change, ...] = ()
    made: str = "repro"


class Seen(NamedTuple):
    """The result for one bug: the detector that saw it first, and its message."""

    detector: str
    said: str


def _ambient(name: str, module: str, draw: str, says: str) -> Bug:
    """Augmentation that draws from a generator that other code also uses."""
    change = (YOURS, r"^    angle = ", rf"    {draw}\n\g<0>")
    imported = (YOURS, r"^import math$", rf"\g<0>\n{module}")
    return Bug(name, [change, imported], says)


BUGS = [
    _ambient(
        "augmentation from torch's generator",
        "import torch",
        "draws = torch.rand_like(draws)",
        r"`torch\.rand_like` without `generator=` uses the global random state",
    ),
    _ambient(
        "augmentation from Python's generator",
        "import random",
        "draws = draws * random.random()",
        r"`random\.random` uses the global random state",
    ),
    Bug(
        "numpy's global generator splits the data",
        [
            (SPLITS, r"unit = .* int\(md5\[:13\], 16\) / 16\*\*13$", "unit = np.random.rand()"),
            (SPLITS, r"^import re$", "import re\n\nimport numpy as np"),
        ],
        r"`numpy\.random\.rand` uses the global random state",
        stages="prepare train",
    ),
    Bug(
        "shuffling without a generator",
        [
            (
                SAMPLING,
                r"permutation\(seed, \"order\", epoch, (.*)\)$",
                r"torch.randperm(\1).numpy()",
            ),
            (SAMPLING, r"^import numpy as np$", r"\g<0>\nimport torch"),
        ],
        r"`torch\.randperm` without `generator=`",
    ),
    Bug(
        "a loader that draws from the global generator",
        [(LOADER, r"^ *generator=torch\.Generator\(\)\.manual_seed\(0\),\n", "")],
        r"`torch\.utils\.data\.DataLoader` without `generator=`",
    ),
    Bug(
        "the order of os.listdir",
        [
            (
                "E/data/source.py",
                r"for name in _names\(folder, problems\):$",
                'for name in [one + "/" * (folder / one).is_dir() for one in os.listdir(folder)]:',
            )
        ],
        r"`os\.listdir` lists a folder in arbitrary order",
        stages="prepare train",
    ),
    Bug(
        "the order of equals, which a processor's kernel decides",
        [("E/core/random.py", r", kind=\"stable\"\)$", ")")],
        r"`numpy\.argsort` orders equal elements as the processor does",
    ),
    Bug(
        "the order of a set",
        [("E/data/targets.py", r"return sorted\(\{(.*)\}\)", r"return list({\1})")],
        r"iterates over a set in arbitrary order",
        stages="prepare train",
    ),
    Bug(
        "the order of a set that a function returns",
        [
            (
                PAGE,
                r"for key, value in settings\.items\(\)\}",
                "for key in _keys(settings) for value in [settings[key]]}",
            ),
            (
                PAGE,
                r"^def _written\(",
                r"def _keys(one: Any) -> Any:\n    return set(one)\n\n\n\g<0>",
            ),
        ],
        r"first reports/report\.html of stage report",
        tests="report/test_page.py",
        stages="report",
    ),
    Bug(
        "as many threads as the machine has",
        [
            (
                "E/core/kernels.py",
                r"torch\.set_num_threads\(threads\)",
                "torch.set_num_threads(os.cpu_count() or 1)",
            ),
            ("E/core/kernels.py", r"^import torch$", r"import os\n\n\g<0>"),
        ],
        r"test_the_machine_does_not_choose_the_threads - .*assert 3 == ",
        tests=INPUT_TESTS,
    ),
    Bug(
        "a clock in an output",
        [
            (EVALUATE, r"= judge_all\(.*\)$", r'\g<0> | {"at": time.time()}'),
            (EVALUATE, r"^from pathlib import Path$", r"import time\n\g<0>"),
        ],
        r"`time\.time` is a clock",
        stages="train evaluate",
    ),
    Bug(
        "the machine's name in an output",
        [
            (PAGE, r"reproducible=.*,", r"\g<0> here=platform.node(),"),
            (PAGE, r"^import json$", r"\g<0>\nimport platform"),
        ],
        r"`platform\.node` is a property of this machine",
        stages="train report",
    ),
    Bug(
        "dropout outside its stream",
        [(LOOP, r"^( *)_seed\(key\(.*\"dropout\".*$", r"\1pass")],
        OTHER_AFTER_A_KILL,
        tests=LOOP_TESTS,
    ),
    Bug(
        "sampler state lost on resume",
        [
            (
                LOADER,
                r"draws\(self\.seed, epoch, self\._kinds, self\.balance\)",
                "self._shuffler.permutation(len(self.split.labels))",
            ),
            (
                LOADER,
                r"^( *)self\.seed = seed$",
                r"\g<0>\n\1self._shuffler = np.random.default_rng(seed)",
            ),
        ],
        r"test_a_batch_does_not_depend_on_what_was_asked_before - (AssertionError: )?assert False",
        tests=LOADER_TESTS,
    ),
    Bug(
        "optimizer state lost on resume",
        [("E/training/checkpoint.py", r"^( *)optimizer\.load_state_dict\(.*$", r"\1pass")],
        OTHER_AFTER_A_KILL,
        tests=LOOP_TESTS,
    ),
    Bug(
        "schedule off by one after a resume",
        [
            (LOOP, r"^( *)self\.step = progress\.step$", r"\g<0>\n\1self.late = progress.step > 0"),
            (LOOP, r"recipe\.schedule\(run\.step, ", "recipe.schedule(run.step + run.late, "),
        ],
        OTHER_AFTER_A_KILL,
        tests=LOOP_TESTS,
    ),
    Bug(
        "BatchNorm over the batch",
        [
            (
                "P/model.py",
                r"nn\.GroupNorm\(.*\), activation",
                "nn.BatchNorm2d(width, track_running_stats=False), activation",
            )
        ],
        r"is a BatchNorm2d, whose result depends on which examples share a shard"
        r"|the answer for an example changes with the number of examples",
        tests="tests",
        settings=(("params.yaml", r"shards: \d+", "shards: 1"),),
    ),
    Bug(
        "an unlocked dependency",
        [("requirements/runtime.lock", r"^filelock==\S+", "filelock>=3")],
        r"runtime\.lock:\d+: 'filelock>=3' is not exact",
    ),
    Bug(
        "a dependency that only another package brings",
        [(LOOP, r"^import torch$", r"import attrs\n\g<0>")],
        r"imports attrs, which requirements/runtime\.in does not declare",
    ),
    Bug(
        "a parameter that nothing tracks",
        [("dvc.yaml", r"optimization, regularization, (reproducibility)", r"optimization, \1")],
        r"stage train reads regularization but does not declare it",
    ),
    Bug(
        "a parameter in an environment variable",
        [
            (
                LOOP,
                r"steps = optimization\.epochs \* ",
                'steps = int(os.environ.get("EPOCHS", optimization.epochs)) * ',
            ),
            (LOOP, r"^import math$", r"\g<0>\nimport os"),
        ],
        r"the environment variable EPOCHS is a parameter that nothing tracks",
    ),
    Bug(
        "a stage that does not depend on its code",
        [("dvc.yaml", r"src/\S+( \S+ \}\})?/model\.py, (src/\S+( \S+ \}\})?/training)", r"\2")],
        r"stage train: does not depend on src/\w+/model\.py, its own source",
    ),
    Bug(
        "a stage that does not depend on its data",
        [
            (
                "dvc.yaml",
                r"runtime\.lock, data/prepared/dev, (data/prepared/train\])",
                r"runtime.lock, \1",
            )
        ],
        r"stage train: names data/prepared/dev, on which it does not depend",
    ),
    Bug(
        "a file that no stage depends on",
        [
            (
                LOOP,
                r"steps = optimization\.epochs \* ",
                'steps = (Path("pyproject.toml").stat().st_size * 0 + optimization.epochs) * ',
            )
        ],
        r"names pyproject\.toml, on which no stage depends",
    ),
    Bug(
        "undeclared weights",
        [
            (
                "P/model.py",
                r"\Z",
                "\n\ndef start(network: nn.Module, model: Model) -> None:\n"
                '    """Give the head the bias of another network."""\n'
                '    given = float(Path("data/weights/bias.txt").read_text("utf-8"))\n'
                '    network.get_parameter("head.bias").fill_(given)\n',
            ),
            (
                "P/model.py",
                r"^from dataclasses import dataclass$",
                r"\g<0>\nfrom pathlib import Path",
            ),
            ("data/weights/bias.txt", "", "0.5\n"),
        ],
        r"names data/weights(?:/bias\.txt)?, on which no stage depends",
    ),
    Bug(
        "a stage whose results nothing binds to what it read",
        [("dvc.yaml", r", reports/seals/train\.json", "")],
        r"stage train: has no seal",
    ),
    Bug(
        "data edited in place",
        [("data/raw/0/0000.png", "", "")],
        r"records another version of data/raw than is here: it was edited in place",
        stages="validate prepare train",
    ),
    Bug(
        "training that looks at test",
        [
            (
                "E/stages/train.py",
                r"^( *)training, dev = Split\.open\(TRAIN\b.*$",
                r"\g<0>\n\1other = Path(str(TRAIN).replace('train', 'test'))\n"
                r"\1assert Split.open(other).arrays['image'][:].std() > 0",
            )
        ],
        r"test_a_stage_needs.*\[train\] - .*data/prepared/test/index\.json is missing",
        tests=INPUT_TESTS,
    ),
    Bug(
        "evaluation with statistics of test",
        [
            (
                EVALUATE,
                r"predict\(network, inputs, split\.arrays\b",
                'predict(network, inputs, {"image": (split.arrays["image"][:] '
                '* (80 / split.arrays["image"][:].mean())).clip(0, 255).astype("uint8")}',
            )
        ],
        r"test_what_is_said_of_an_example_depends_on_no_other\S+ - .*assert {",
        tests=INPUT_TESTS,
        stages="train evaluate",
    ),
    Bug(
        "other rows from a file that no stage depends on",
        [
            (
                "E/console/progress.py",
                r"^    if sys\.stderr\.isatty\(\):$",
                r"    rows = None if rows is None else list(rows)[1:]\n\g<0>",
            )
        ],
        r"console/progress\.py:\d+: .*stages use it without depending on it",
        stages="prepare train",
    ),
    Bug(
        "results that another code made",
        [(SAMPLING, r"\(seed, \"order\", ", '(seed, "shuffle", ')],
        r"first \S+ of stage validate",
        tests=LOADER_TESTS,
        made="commit --force",
    ),
]


def plant(
    project: Path, package: str, changes: Sequence[Change], known: Mapping[str, Path] | None = None
) -> None:
    """Make the changes; each must match exactly once. `known` says where its files are."""
    for name, pattern, new in changes:
        place = name.replace("P/", f"src/{package}/", 1).replace("E/", "src/samebits/", 1)
        path = known[place] if known else project / place
        if path.suffix == ".png":
            # As if a person put a better example in its place: it is valid by itself.
            path.write_bytes(sorted(path.parent.iterdir())[1].read_bytes())
            continue
        if not pattern:
            path.parent.mkdir(exist_ok=True)
            path.write_text(new, encoding="utf-8")
            continue
        text = path.read_text(encoding="utf-8")
        changed, count = re.subn(pattern, new, text, count=1, flags=re.MULTILINE)
        assert count == 1, f"{name} has no {pattern!r} to replace"
        path.write_text(changed, encoding="utf-8", newline="\n")


def rows(reports: Iterable[Any]) -> dict[str, Seen]:
    """The result for each bug, by name in the order of BUGS, from pytest's reports."""
    pairs = (pair for report in reports for pair in getattr(report, "user_properties", ()))
    seen_by_bug = {value[0]: Seen(*value[1:]) for name, value in pairs if name == "bug"}
    return {bug.name: seen_by_bug[bug.name] for bug in BUGS if bug.name in seen_by_bug}


def republished(docs: str, rows: Mapping[str, Seen]) -> str:
    """The text of docs/reproducibility.md with these rows."""
    return SHOWN.sub(lambda _: table(rows), docs)


def table(rows: Mapping[str, Seen]) -> str:
    """The bugs, what caught each and its message, as a table in Markdown."""
    lines = [f"| {name} | {seen.detector} | {_short(seen.said)} |" for name, seen in rows.items()]
    return "\n".join(["| bug | caught by | what it said |", "| --- | --- | --- |", *lines])


def _short(said: str) -> str:
    """A message, without what the reader need not know, in about a line."""
    said = said.replace(f"src/{PACKAGE}/", "").replace("src/samebits/", "").replace("|", "/")
    said = said.replace("samebits.console.errors.", "")
    said = re.sub(r" - (AssertionError: )?assert .*|, or explain it with .*", "", said)
    said = re.sub(r"^(\S+):\d+: ", r"\1: ", said)  # lines move with every change
    return said if len(said) < 140 else f"{said[:136]} ..."
