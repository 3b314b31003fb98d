"""The verbs of the engine: what each runs, and which files of yours it reads."""

from collections.abc import Mapping
from typing import NamedTuple

from .core.yours import READ_BY

HELP = "usage: samebits VERB ...     (samebits VERB --help says more)\n"


class Verb(NamedTuple):
    """A module of the engine with a `main`; `torch` where it computes at the level of params.yaml.

    `main` is given the files `yours` of the project, if there are any; `given` stand before the
    arguments of the command line.
    """

    module: str
    help: str
    torch: bool = False
    yours: tuple[str, ...] = ()
    given: tuple[str, ...] = ()


STAGES: Mapping[str, Verb] = {
    f"run {stage}": Verb(f"stages.{stage}", help, stage in ("train", "evaluate"), READ_BY[stage])
    for stage, help in (
        ("validate", "refuse bad data before anything learns from it"),
        ("prepare", "decode and split the examples"),
        ("train", "train the network; a killed run goes on from its checkpoint"),
        ("evaluate", "predict every example and write the metrics"),
        ("diagnose", "say where the error sits, and what to try next"),
        ("report", "write reports/report.html"),
    )
}
MODEL, METRICS, SEEN = ("model",), ("metrics",), ("metrics", "show")
VERBS: Mapping[str, Verb] = {
    **STAGES,
    "verify": Verb("provenance.verify", "run everything in a fresh clone and compare every output"),
    "audit": Verb("audit.command", "check by reading: pinned, seeded, data apart, pipeline whole"),
    "apart": Verb("audit.data_apart", "refuse a commit of both data and code; a hook does"),
    "explain": Verb(
        "provenance.explain", "say what differs between two results, and what it moved"
    ),
    "compare": Verb("cli.compare", "say which of two results is better", yours=METRICS),
    "rank": Verb("cli.rank", "order all experiments by score", yours=METRICS),
    "diagnose": Verb("cli.diagnose", "print the diagnosis", True, ("data", *MODEL)),
    "errors": Verb("cli.errors", "list the dev mistakes worth most, to tag", yours=SEEN),
    "params": Verb("cli.params", "say of each key of params.yaml what it is, may be and does"),
    "latency": Verb("cli.latency", "measure the time of one prediction here", True, MODEL),
    "data add": Verb(
        "ingest.collect", "bring data in from a folder, an archive or an address", yours=("data",)
    ),
    "data missing": Verb("ingest.missing", "bring in what .dvc files track and is not here"),
    "data pack": Verb("cli.data_pack", "make data/raw stand as data.layout says"),
    "data release": Verb("cli.data_release", "give the data a version", yours=("data",)),
    "data checkout": Verb("cli.data_use", "put a version of the data into data/raw"),
    "data list": Verb("cli.data_list", "list the versions of the data"),
    "data diff": Verb(
        "cli.data_diff", "say what differs between two versions", yours=("data", "show")
    ),
    "data pull": Verb("remote.sync", "bring data and models in from the remote", given=("pull",)),
    "data push": Verb("remote.sync", "send data and models to the remote", given=("push",)),
    "exp keep": Verb("cli.keep", "put an experiment into the working tree"),
    "exp seeds": Verb("cli.seeds", "run the same experiment with other seeds"),
    "exp sweep": Verb("cli.sweep", "search over keys of params.yaml", yours=METRICS),
    "exp curve": Verb("cli.learning_curve", "say what more data would give", yours=METRICS),
}


def usage() -> str:
    """Return the verbs, each with what it does."""
    lines = [f"  {name:<14} {verb.help}" for name, verb in VERBS.items()]
    return "\n".join([HELP, *lines, ""])
