"""List every sentence that the code can show to a person: file, line and text.

    python scripts/messages.py [FOLDER ...]      the engine, the project's scripts and the hooks
    python scripts/messages.py --since COMMIT    and how many of them the commit did not have

A sentence is a text of at least four words that is no docstring, SQL, regular expression or list
of words, or a line of a page's template, or a text in its script; `{}` marks what is filled in.
Reading them in one go shows which do not name the file or the cure, and which do not sound like
the others.
"""

import argparse
import ast
import io
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PROJECT = "{{cookiecutter.project_slug}}"
FOLDERS = (f"{PROJECT}/src/samebits", f"{PROJECT}/scripts", "hooks")
READ, LEAST_WORDS = (".py", ".html"), 4
SQL = ("select ", "insert ", "update ", "delete ", "create ", "drop ", "pragma ", "from ", "where ")
SPLITTING = ("split", "words", "_every")  # what makes words of a text
NO_WORDS = re.compile(r"\(\?|\\[bdsw]\b|\w\|\w|\w_ ")  # regular expressions and names hold these
UNSEEN = re.compile(r"<%#.*?%>|<style\b.*?</style>|<script\b.*?</script>", re.DOTALL)
FILLED = re.compile(r"<%.*?%>", re.DOTALL)
TAG, QUOTED = re.compile(r"<.*?>"), re.compile(r'"([^"]*)"')


class Message(NamedTuple):
    """A sentence, and where it is."""

    path: str
    line: int
    text: str


def main() -> None:
    """Print the list."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="*", default=FOLDERS)
    parser.add_argument("--since", metavar="COMMIT", help="count what is new since then")
    given = parser.parse_args()
    files = [
        path
        for name in given.folders
        for path in sorted((ROOT / name).rglob("*.*"))
        if path.suffix in READ
    ]
    messages = [
        message
        for path in files
        for message in sentences(path.read_text("utf-8"), path.relative_to(ROOT).as_posix())
    ]
    for message in messages:
        print(f"{message.path}:{message.line}: {' '.join(message.text.split())}")
    print(f"{len(messages)} sentences in {len(files)} files")
    if given.since:
        before = {message.text for message in committed(given.since, given.folders)}
        new = sum(message.text not in before for message in messages)
        print(f"{new} of them are not in {given.since}")


def committed(commit: str, folders: list[str]) -> Iterator[Message]:
    """Yield the sentences of a commit in these folders."""
    command = ["git", "archive", commit, *folders]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    if done.returncode != 0:
        raise SystemExit(f"git archive {commit}: {done.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as packed:
        for member in packed:
            if PurePosixPath(member.name).suffix in READ and (file := packed.extractfile(member)):
                yield from sentences(file.read().decode(), member.name)


def sentences(code: str, path: str) -> Iterator[Message]:
    """Yield the sentences in a file, in the order of their lines."""
    if path.endswith(".html"):
        texts = [Message(path, at, text) for at, text in enumerate(lines_of_a_page(code), 1)]
        yield from (message for message in texts if is_sentence(message.text))
        return
    tree = ast.parse(code)
    parts = {
        id(value)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for value in node.values
    }
    # A text that is a statement of its own is a docstring, or no better than a comment.
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    alone |= word_lists(tree)
    texts = [
        Message(path, node.lineno, text)
        for node in ast.walk(tree)
        if isinstance(node, ast.expr) and id(node) not in parts | alone
        if is_sentence(text := text_of(node))
    ]
    yield from sorted(texts, key=lambda message: message.line)


def lines_of_a_page(code: str) -> list[str]:
    """Return what people read in each line of a template; of scripts, what stands in quotes."""

    def quoted(line: str) -> str:
        return " ".join(filter(is_sentence, QUOTED.findall(line)))

    def unseen(part: re.Match[str]) -> str:
        if not part[0].startswith("<script"):
            return "\n" * part[0].count("\n")
        return "\n".join(map(quoted, part[0].split("\n")))

    shown = UNSEEN.sub(unseen, code)
    shown = FILLED.sub(lambda part: "{}" + "\n" * part[0].count("\n"), shown)
    return [TAG.sub(" ", line) for line in shown.split("\n")]


def word_lists(tree: ast.Module) -> set[int]:
    """Return the ids of the texts that code splits into words, there or by their name."""
    split, named = list[ast.expr](), dict[str, ast.expr]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            named[node.targets[0].id] = node.value
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(SPLITTING):
            called = node.func
            split += [called.value] if isinstance(called, ast.Attribute) else node.args[:1]
    split += [named[node.id] for node in split if isinstance(node, ast.Name) and node.id in named]
    return {id(value) for value in split}


def text_of(node: ast.expr) -> str:
    """Return a text in code, with {} for each value in it; "" if it is none."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(value) or "{}" for value in node.values)
    return ""


def is_sentence(text: str) -> bool:
    """Whether a text is meant to be read by a person."""
    words = [word for word in text.split() if word.strip("{}.,:;'\"()").isalpha()]
    return (
        len(words) >= LEAST_WORDS
        and not text.lstrip().lower().startswith(SQL)
        and not NO_WORDS.search(text)
    )


if __name__ == "__main__":
    main()
