"""The completions of each shell, from the shell itself if it is installed."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from samebits import completion
from samebits.verbs import VERBS

BASH = """\
source /dev/stdin
COMP_WORDS=({words} "$1") COMP_CWORD={at}
_samebits samebits "$1" x
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
ZSH = """
compdef() {{ :; }}
compadd() {{ shift; printf '%s\\n' "$@" | grep -e "^$PREFIX"; }}
_files() {{ :; }}
eval "$(cat)"
words=({words} "$1") CURRENT=$#words PREFIX=$1
_samebits
"""
FISH = "cat | source; complete -C '{line}' | string replace -r '\\t.*' ''"
CASES = [
    ("", "", {"audit", "run", "data", "exp", "completion"}),
    ("", "com", {"compare", "completion"}),
    ("", "--v", {"--version"}),
    ("data", "di", {"diff"}),
    ("data", "", {"add", "list", "push"}),
    ("run", "v", {"validate"}),
    ("data add", "--max-", {"--max-files", "--max-bytes", "--max-ratio"}),
    ("compare main", "--s", {"--split"}),
    ("audit --json", "--sa", {"--sarif"}),
    ("completion", "", {"bash", "zsh", "fish"}),
]


def said(command: list[str], script: str) -> set[str]:
    done = subprocess.run(command, input=script, capture_output=True, encoding="utf-8", check=False)
    assert done.stderr == ""
    return {*done.stdout.split()}


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize(("before", "word", "expected"), CASES)
def test_bash(before: str, word: str, expected: set[str]) -> None:
    words = f"samebits {before}".split()
    code = BASH.format(words=" ".join(words), at=len(words))
    completions = said(["bash", "--norc", "-c", code, "bash", word], completion.bash())
    assert completions == expected if word else completions >= expected


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_files_where_it_knows_no_word(tmp_path: Path) -> None:
    code = BASH.format(words="samebits data add", at=3)
    assert said(["bash", "--norc", "-c", code, "bash", ""], completion.bash()) == set()
    assert "complete -o default -F _samebits samebits\n" in completion.bash()


@pytest.mark.skipif(shutil.which("zsh") is None, reason="there is no zsh")
@pytest.mark.parametrize(("before", "word", "expected"), CASES)
def test_zsh(before: str, word: str, expected: set[str]) -> None:
    code = ZSH.format(words=f"samebits {before}")
    completions = said(["zsh", "-f", "-c", code, "zsh", word], completion.zsh())
    assert completions == expected if word else completions >= expected


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish")
@pytest.mark.parametrize(("before", "word", "expected"), CASES)
def test_fish(before: str, word: str, expected: set[str], tmp_path: Path) -> None:
    line = f"{' '.join(['samebits', *before.split()])} {word}"
    command = ["env", f"HOME={tmp_path}", "fish", "-c", FISH.format(line=line)]
    completions = said(command, completion.fish())
    assert completions >= expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_verb_and_option_is_known(shell: str) -> None:
    script = getattr(completion, shell)()
    for name, verb in VERBS.items():
        assert name.split()[-1] in script
        for argument in completion.arguments(verb):
            assert all(flag.lstrip("-") in script for flag in argument.flags if flag[0] == "-")


def test_the_verb_prints_it(
    verb: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In any folder: it needs no project."""
    monkeypatch.chdir(tmp_path)
    assert verb("completion", "bash") == completion.bash()
