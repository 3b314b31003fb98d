"""Commands in documents: everything that a reader can type, from blocks, tables and prose."""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from helpers import ROOT

TEMPLATE = "template: "  # before a target that the Makefiles of template and project both have
# First words of commands, also of Git, DVC and others that a document tells the reader to type.
PROGRAMS = (
    "make|samebits|python3?|sh|dvc|git|uvx|pipx|torchrun|cookiecutter|cruft|pytest|pre-commit|source|printf"
    r"|tar|curl|gcloud|az|qemu-\w+|\.venv/bin/\S+|\.venv\\Scripts\\\S+"
)
COMMAND = re.compile(rf"(?:[A-Z_]+=\S* )*(?:{PROGRAMS})(?: \S|$)")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`]+)`")
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
WORD = re.compile(r"(?:'[^']*'|\"[^\"]*\"|\S)+")
VERB = re.compile(r"samebits(?: (?:(?:run|data|exp) )?[a-z]+)?")
PAIRS = re.compile(r"^\| with make \| without \|.*\n(?:\|.*\n)+", re.MULTILINE)


def commands(document: str) -> list[str]:
    """Every command of a Markdown document, each once, in order."""
    listed: list[str] = []
    position = 0
    for block in BLOCK.finditer(document):
        listed += spans(document[position : block.start()])
        listed += lines(block[2]) if block[1] == "sh" else []
        position = block.end()
    return list(dict.fromkeys([*listed, *spans(document[position:])]))


def pairs(document: str) -> Iterator[tuple[list[str], list[str]]]:
    """The rows of tables "with make | without": commands that do the same, several in a cell."""
    for table in PAIRS.findall(document):
        for row in table.splitlines()[2:]:
            _, with_make, other, *_ = re.split(r"(?<!\\)\|", row)
            yield [*spans(with_make)], [*spans(other)]


def spans(prose: str) -> Iterator[str]:
    """Commands between backticks, in cells of tables and in sentences."""
    for span in SPAN.findall(prose):
        text = " ".join(span.split())
        if COMMAND.match(text) and (" " in text or text.startswith(".venv")):
            yield from parts(text)


def lines(shell: str) -> Iterator[str]:
    """Commands in a shell block, and those that its comments quote."""
    for line in shell.replace("\\\n", " ").splitlines():
        code, comment = divided(line)
        yield from parts(code)
        for quoted in re.findall(r"'([^']+)'", comment):
            yield from parts(quoted) if COMMAND.match(quoted) else ()


def divided(line: str) -> tuple[str, str]:
    """A line of shell without its comment, and that."""
    start = re.search(r"(?:^|\s)#", bare(line))
    at = start.start() if start else len(line)
    return line[:at], line[at:]


def parts(line: str) -> Iterator[str]:
    """The commands of a line: `a && b; c` has three."""
    begin = 0
    for end in re.finditer(r"&&|;|$", bare(line)):
        if text := " ".join(line[begin : end.start()].split()):
            yield text
        begin = end.end()


def bare(line: str) -> str:
    """A line of the same length in which quoted text is blanked out."""
    return QUOTED.sub(lambda quoted: "x" * len(quoted[0]), line)


def form(command: str) -> str:
    """A command without its values: `make data FROM=`, `dvc exp run -S KEY=`, `samebits compare`.

    The scheme of an address stays, because each kind of address is tested.
    """
    if verb := VERB.match(command):
        return " ".join([verb[0], *re.findall(r"(?<= )--[a-z-]+", command[verb.end() :])])
    words = []
    for word in WORD.findall(command):
        if given := re.match(r"([A-Z\d_]+)=(?:(\w+:)//)?", word):
            words.append(f"{given[1]}={given[2] or ''}")
        else:
            words.append("KEY=" if re.match(r"[a-z_.]+=", word) else word)
    return " ".join(words)


def verbs(command: str) -> list[str]:
    """The words in a test's source that runs the command: exp and run for `dvc exp run`."""
    plain = re.sub(rf"^{TEMPLATE}|(?<![^ ])[A-Z_]+=\S* |sh scripts/venv (?!COMMAND)", "", command)
    program, *rest = plain.split()
    if match := re.search(r"(\w+\.py)\b| -m (?:\w+\.)*(\w+)", plain):
        return [match[1] or match[2]]
    count = next((at for at, word in enumerate(rest) if not re.fullmatch("[a-z-]+", word)), None)
    return [word for word in rest[:count] if word[0] != "-"] or [program.rpartition("/")[2]]


def source(path: Path, name: str) -> str:
    """The text of a test and of what it uses from its file; "" if there is no such test."""
    # Tests of the project are templates, which are not Python until they are rendered.
    text = re.sub(r"\{\{.*?\}\}", "package", path.read_text("utf-8")) if path.is_file() else ""
    known = {defined_name: node for node in ast.parse(text).body for defined_name in defined(node)}
    wanted, texts = [name], dict[str, str]()
    for name_used in wanted:
        if name_used in known and name_used not in texts:
            texts[name_used] = ast.unparse(known[name_used])
            used = ast.walk(known[name_used])
            wanted += [str(getattr(node, "id", getattr(node, "arg", ""))) for node in used]
    return "\n".join(texts.values())


def defined(node: ast.stmt) -> list[str]:
    """The names that a statement defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def typed(test: ast.FunctionDef) -> dict[str, str]:
    """The commands that a test types, `typed("as documented", "small form")`, and what runs."""
    commands_run = {}
    for call in ast.walk(test):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "typed":
            first, *rest = call.args
            here = [
                keyword.arg for keyword in call.keywords if ast.unparse(keyword.value) == "ROOT"
            ]
            documented = form(ast.literal_eval(first))
            ours = bool(here) and documented.startswith("make ")
            commands_run[f"{TEMPLATE * ours}{documented}"] = ast.unparse([first, *rest][-1])
    return commands_run


def problems(
    documented: Collection[str], tests: Mapping[str, Collection[str]], reasons: Collection[str]
) -> list[str]:
    """The problems of the table of which test runs which command, in sentences.

    Args:
        documented: the forms of commands in documents.
        tests: the forms that a test runs, by `folder/file.py::test`.
        reasons: the forms that no test runs, with a known reason.
    """
    listed = [*reasons, *(command for forms in tests.values() for command in forms)]
    sentences = [f"no test runs `{command}`" for command in documented if command not in listed]
    sentences += [f"no document has `{command}`" for command in listed if command not in documented]
    for test, forms in tests.items():
        file, _, name = test.partition("::")
        text = source(ROOT / file, name)
        sentences += [] if text else [f"there is no test {test}"]
        for command in forms if text else ():
            lack = [
                word for word in verbs(command) if not re.search(rf"\b{re.escape(word)}\b", text)
            ]
            sentences += [f"{test} does not run `{command}`: it has no {word!r}" for word in lack]
    return sentences
