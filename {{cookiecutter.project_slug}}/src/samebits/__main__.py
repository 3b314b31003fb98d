"""`samebits VERB`: choose the kernels, then import what the verb needs and run it."""

import gc
import sys
from importlib import import_module

from .arguments import parse
from .console.errors import run
from .core import determinism
from .core.config import read
from .core.seals import Seal
from .core.sections import Reproducibility
from .core.signature import FILE, Signature
from .core.yours import Yours, package
from .verbs import STAGES, VERBS


def main() -> None:
    """Run the verb that the command line names."""
    given = parse(sys.argv[1:])
    name, verb = given.verb, VERBS[given.verb]
    if not verb.anywhere:
        package()  # refuses a folder that holds no project
    if verb.torch:
        # A model answers as it did when it was evaluated, whatever params.yaml says by now.
        known = verb.answers and FILE.is_file()
        settings = Signature.read().section() if known else read(Reproducibility)
        determinism.choose(settings.level, settings.threads)
    else:
        # Kernels that are the same everywhere, whatever the level of training.
        determinism.choose("portable", 1)
    # A stage is sealed before its code is imported, so that what runs is what was sealed.
    seals = [Seal(name.split()[1])] if name in STAGES else []
    gc.disable()  # what is imported stays, so looking through it for garbage would be in vain
    part, yours = import_module(f"{__package__}.{verb.module}"), Yours(verb.yours)
    gc.freeze()
    gc.enable()
    for seal in seals:
        yours.load()
        seal.check()
    part.main(*([given] if verb.arguments else []), *([yours] if verb.yours else []), *seals)


if __name__ == "__main__":
    run(main)
