"""The command line as one tree: groups, verbs, their arguments; every help ends with an example.

The launcher asks it what to run, before anything heavy is imported.
"""

import argparse
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from .argument_kinds import Argument
from .console.errors import UserError
from .console.spelling import did_you_mean
from .verbs import GROUPS, VERBS, Verb

NAME = "samebits"
WIDTH = 79  # of the help, in columns
MANIFEST = Path(__file__).with_name("MANIFEST")  # begins with the version


class Parser(argparse.ArgumentParser):
    """Reports a wrong command line in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Raise a `UserError`."""
        raise UserError(f"{message}; see '{self.prog} --help'.")


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Return the arguments of a verb, with its name as `verb`; print help if asked to.

    Raises:
        UserError: there is no such verb, or it does not take these arguments.
        SystemExit: help or the version was printed.
    """
    if words:
        _refuse_unknown(*words[:2])
    given, unknown = tree().parse_known_args(words or ["--help"])
    if unknown:
        name = f"{NAME} {given.verb}"
        raise UserError(f"'{name}' takes no {' '.join(unknown)}; see '{name} --help'.")
    return given


def tree() -> Parser:
    """Return the parser of all verbs."""
    top = Parser(
        NAME,
        usage=f"{NAME} VERB ...",
        epilog=_epilog(f"{_listed()}\n\n{NAME} VERB --help explains a verb.", "audit", "data list"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=version(), help="print the version")
    verbs = _branches(top)
    groups: dict[str, Any] = {}
    for name, verb in VERBS.items():
        group, _, last = name.rpartition(" ")
        if group and group not in groups:
            groups[group] = _branches(_group(verbs, group))
        _add(groups[group] if group else verbs, last, name, verb)
    return top


def version() -> str:
    """Return name and version of the engine, as its manifest begins."""
    try:
        with MANIFEST.open(encoding="utf-8") as manifest:
            return manifest.readline().strip()
    except FileNotFoundError:
        return f"{NAME}, of an unknown version"


def _branches(parser: Parser) -> Any:
    # The list of verbs replaces argparse's own.
    return parser.add_subparsers(
        metavar="VERB", required=True, help=argparse.SUPPRESS, prog=parser.prog
    )


def _group(verbs: Any, name: str) -> Parser:
    first = next(verb for verb in VERBS if verb.startswith(f"{name} "))
    parser: Parser = verbs.add_parser(
        name,
        usage=f"{NAME} {name} VERB ...",
        description=_sentence(GROUPS[name]),
        epilog=_epilog(_listed(name), first),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser


def _add(verbs: Any, last: str, name: str, verb: Verb) -> None:
    parser: Parser = verbs.add_parser(
        last,
        description=textwrap.fill(f"{_sentence(verb.help)} {verb.more}".rstrip(), WIDTH),
        epilog=_epilog("", name),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(verb=name)
    for part in verb.arguments:
        if isinstance(part, Argument):
            parser.add_argument(*part.flags, **part.options)
        else:
            either = parser.add_mutually_exclusive_group()
            for option in part:
                either.add_argument(*option.flags, **option.options)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _epilog(text: str, *names: str) -> str:
    lines = [f"  {NAME} {name} {VERBS[name].example}".rstrip() for name in names]
    said = "\n".join(["example:", *lines])
    return f"{text}\n\n{said}" if text else said


def _listed(group: str = "") -> str:
    """The verbs of one group, or of all, each with what it does."""
    known = {name: verb for name, verb in VERBS.items() if name.startswith(f"{group} ".lstrip())}
    lines = [f"  {name:<14} {verb.help}" for name, verb in known.items()]
    return "\n".join(["verbs:", *lines])


def _refuse_unknown(first: str, second: str = "") -> None:
    if first.startswith("-") or first in VERBS or f"{first} {second}" in VERBS:
        return
    within = [name.partition(" ")[2] for name in VERBS if name.startswith(f"{first} ")]
    if not within:
        raise UserError(f"there is no verb '{first}'; {_meant(first)}'{NAME} --help' lists them.")
    takes = f"'{first}' takes one of {', '.join(within)}."
    if second and not second.startswith("-"):
        near = _meant(second, first) or _meant(second)
        raise UserError(f"there is no verb '{first} {second}'; {near}{takes}")
    if second not in ("-h", "--help"):
        raise UserError(takes)


def _meant(word: str, group: str = "") -> str:
    """Ask for the verb whose last word is near: `train` and `trian` are `run train`."""
    verbs = [name for name in VERBS if name.startswith(f"{group} ".lstrip())]
    lasts = {name.rpartition(" ")[2]: name for name in verbs}
    return did_you_mean(word, lasts if group else [*lasts, *GROUPS], lasts)
