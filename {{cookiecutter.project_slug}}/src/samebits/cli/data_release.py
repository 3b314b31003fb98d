"""Make a release of the data.

Run: samebits data release 1.1 "What is new in it"
"""

import sys
from argparse import Namespace

from ..checks.drift import write_reference
from ..core.seals import Seal
from ..core.yours import Yours
from ..data.raw_pointer import alone
from ..programs import git
from ..stages.validate import REPORT
from ..stages.validate import main as validate
from ..versions.release import release
from ..versions.tags import TAG


def main(given: Namespace, yours: Yours) -> None:
    """Release the data in data/raw and say what is left to do."""
    version = given.version
    with alone():
        done = release(version, given.note, lambda: check(version, yours))
    sys.stdout.write(
        f"released: version {version} of the data. {done}\n"
        f"The data is on DVC's remote. {publish(version)}\n"
        "Next: 'dvc repro', then commit dvc.lock with the results.\n"
    )


def check(version: str, yours: Yours) -> None:
    """Validate the data as the pipeline does, and keep what later ones are compared with."""
    validate(yours, Seal("validate"))
    write_reference(REPORT, version)


def publish(version: str) -> str:
    """Return how to send the commit and the tag of a release to where others get them."""
    branch = git("branch", "--show-current").stdout.strip()
    remotes = git("remote").stdout.split()
    if not remotes:
        return "Git has no remote yet, so the commit and its tag exist only here."
    chosen = git("config", f"branch.{branch}.remote").stdout.strip() or remotes[0]
    what = " ".join([*([branch] if branch else []), f"{TAG}{version}"])
    return f"Send the commit and its tag with 'git push {chosen} {what}'."
