"""Completion of verbs and options in a shell: `source <(samebits completion bash)`."""

import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import NamedTuple

from .argument_kinds import Argument
from .verbs import GROUPS, VERBS, Verb

# If it knows no word and no dash is typed, the shell completes file names.
BASH = """\
_samebits() {
    local candidates= options=
    case "${COMP_WORDS[*]:1:COMP_CWORD-1} " in
@
    esac
    [[ $2 != -* ]] || candidates=$options
    COMPREPLY=($(compgen -W "$candidates" -- "$2"))
}
complete -o default -F _samebits samebits
"""
ZSH = """\
whence compdef > /dev/null || { autoload -U compinit && compinit }
_samebits() {
    local candidates= options=
    case "${(j: :)words[2,CURRENT-1]} " in
@
    esac
    [[ $PREFIX != -* ]] || candidates=$options
    [[ -n $candidates ]] && compadd -- ${=candidates} || _files
}
compdef _samebits samebits
"""
FISH = """\
function __samebits_typed
    set -l words (commandline -opc)
    string match -q -- $argv[1] "$words[2..] "
end
@
"""


class Step(NamedTuple):
    """The words and options that may follow words that match a pattern."""

    pattern: str
    candidates: str
    options: str


def main(given: Namespace) -> None:
    """Print a script for the shell."""
    sys.stdout.write({"bash": bash, "zsh": zsh, "fish": fish}[given.shell]())


def steps() -> Iterator[Step]:
    """Yield the candidates at the start, and after each group and each verb."""
    first = dict.fromkeys(name.split()[0] for name in VERBS)
    yield Step(" ", " ".join(first), "--help --version")
    for group in GROUPS:
        inside = [name.split()[1] for name in VERBS if name.startswith(f"{group} ")]
        yield Step(f"{group} ", " ".join(inside), "--help")
    for name, verb in VERBS.items():
        taken = [*arguments(verb)]
        choices = [choice for known in taken for choice in known.options.get("choices", ())]
        options = [flag for known in taken for flag in known.flags if flag.startswith("-")]
        yield Step(f"{name} *", " ".join(choices), " ".join([*options, "--help"]))


def arguments(verb: Verb) -> Iterator[Argument]:
    """Yield all arguments of a verb."""
    for part in verb.arguments:
        yield from [part] if isinstance(part, Argument) else part


def bash() -> str:
    """Return a function for bash."""
    return BASH.replace("\n@", f"\n{_cases()}")


def zsh() -> str:
    """Return a function for zsh."""
    return ZSH.replace("\n@", f"\n{_cases()}")


def fish() -> str:
    """Return commands for fish."""
    lines = []
    for pattern, candidates, options in steps():
        here = f"complete -c samebits -n \"__samebits_typed '{pattern}'\""
        lines += [f"{here} -f -a '{candidates}'"] if candidates else []
        lines += [f"{here} -l {name.removeprefix('--')}" for name in options.split()]
    return FISH.replace("\n@", "\n" + "\n".join(lines))


def _cases() -> str:
    return "\n".join(
        f'        {_quoted(pattern)}) candidates="{candidates}" options="{options}" ;;'
        for pattern, candidates, options in steps()
    )


def _quoted(pattern: str) -> str:
    """Quote a pattern, except the star at its end."""
    return f'"{pattern[:-1]}"*' if pattern.endswith("*") else f'"{pattern}"'
