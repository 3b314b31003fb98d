"""`python -m samebits VERB`: choose the kernels, then import what the verb needs, and run it."""

import sys
from importlib import import_module

from .console.errors import UserError, run
from .core import determinism
from .core.config import read
from .core.seals import Seal
from .core.sections import Reproducibility
from .core.yours import Yours
from .verbs import STAGES, VERBS, Verb, usage


def main() -> None:
    """Run the verb that the command line names."""
    words = sys.argv[1:]
    if not words or words[0] in ("-h", "--help"):
        sys.stdout.write(usage())
        return
    name, verb = _found(words)
    if verb.torch:
        given = read(Reproducibility)
        determinism.choose(given.level, given.threads)
    else:
        # Kernels that are the same everywhere, whatever level training has.
        determinism.choose("portable", 1)
    sys.argv = [f"samebits {name}", *verb.given, *words[len(name.split()) :]]
    # A stage is sealed before its code is imported, so that what runs is what was sealed.
    seal = [Seal(words[1])] if name in STAGES else []
    part, yours = import_module(f"{__package__}.{verb.module}"), Yours(verb.yours)
    for one in seal:
        yours.load()
        one.check()
    part.main(*([yours] if verb.yours else []), *seal)


def _found(words: list[str]) -> tuple[str, Verb]:
    for count in (2, 1):
        name = " ".join(words[:count])
        if name in VERBS:
            return name, VERBS[name]
    within = [name.partition(" ")[2] for name in VERBS if name.startswith(f"{words[0]} ")]
    if within:
        raise UserError(f"'{words[0]}' takes one of {', '.join(within)}.")
    raise UserError(f"there is no verb '{words[0]}'; 'samebits --help' lists them.")


if __name__ == "__main__":
    run(main)
