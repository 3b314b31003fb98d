"""Audit the new project, put it under Git and, if asked to, train it; runs in its folder.

Only a new project that fails its audit ends with an error, since then the template is at fault;
cookiecutter deletes the project. If this machine lacks something, a message says so and the project
stays.
"""

import gc
import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

# Variables of an outer repository that must not leak in: GIT_DIR would send our commit there. Your
# identity and settings stay. The same list as in src/samebits/programs.py of the project.
REDIRECTING = frozenset(
    """
    GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_ATTR_SOURCE GIT_COMMON_DIR GIT_CONFIG GIT_CONFIG_PARAMETERS
    GIT_DIR GIT_GRAFT_FILE GIT_GLOB_PATHSPECS GIT_ICASE_PATHSPECS GIT_IMPLICIT_WORK_TREE
    GIT_INDEX_FILE GIT_INTERNAL_SUPER_PREFIX GIT_LITERAL_PATHSPECS GIT_NAMESPACE
    GIT_NOGLOB_PATHSPECS GIT_NO_REPLACE_OBJECTS GIT_OBJECT_DIRECTORY GIT_PREFIX GIT_QUARANTINE_PATH
    GIT_REPLACE_REF_BASE GIT_SHALLOW_FILE GIT_WORK_TREE
    """.split()
)
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in REDIRECTING}
COMMIT = 'git add -A && git commit -m "Start from the template"'
ALONE = "Git was left alone:"
BY_HAND = f"git init && git symbolic-ref HEAD refs/heads/main && {COMMIT}"
NEXT = """
Next:             where there is no make:
  cd {slug}
  make setup      python3 scripts/setup.py, then activate .venv
  make data       samebits data add
  make reproduce  dvc repro
  make verify     samebits verify
"""


def audit() -> bool:
    """Print the table of the project's audit; whether all checks passed, or it could not run."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(Path("src").absolute()))
    try:
        importlib.import_module("tomllib")
        importlib.import_module("yaml")
    except ImportError:
        print("The audit was not run: it needs Python 3.11 or newer and PyYAML. To run it:")
        print("  make setup && make audit")
        return True
    fresh = importlib.import_module("samebits.audit.fresh")
    try:
        checks = fresh.audit(Path())
        if checks is None:  # the engine is not as shipped, so audit all of it
            checks = importlib.import_module("samebits.audit.run").audit(Path())
    except Exception as error:
        if type(error).__name__ != "UserError":
            raise
        print(f"The audit was not run: {error}")  # not the project's fault
        return True
    print(importlib.import_module("samebits.audit.outcomes").table(checks))
    return all(check.passed for check in checks)


def git(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run Git without the user's ignore list and hooks, which are not made for this project."""
    command = ["git", "-c", "core.excludesFile=", "-c", f"core.hooksPath={os.devnull}", *arguments]
    return subprocess.run(
        command,
        env={**ENVIRONMENT, "LC_ALL": "C"},  # its errors in English: one of them is read below
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def inside(top: str, prefix: str, remote: str) -> str:
    """The message for a project that is a folder of an existing repository."""
    message = f"""{ALONE} this folder is {prefix.rstrip("/")} of the repository {top}.
  Commit it there; `make verify` then clones that repository and runs this folder of it.
  .pre-commit-config.yaml and .github/workflows have no effect here, since they count only at the
  root of a repository: copy from them what you need. Run `make audit` and `make check` before a
  commit."""
    if remote and Path(remote).resolve().is_relative_to(Path(top).resolve()):
        message += f"""
  The data's remote, {remote}, is inside that repository too: choose another place with
  `dvc remote modify local url ...`, or add it to .gitignore."""
    return message


def put_under_git(remote: str = "") -> str:
    """Initialise `main` and commit, unless in a repository; say what was done, or why not.

    `remote` is the URL of the data's remote if that is a folder.
    """
    if shutil.which("git") is None:
        return f"Git was not found. Once it is installed:\n  {BY_HAND}"
    outer = git("rev-parse", "--show-toplevel", "--show-prefix")
    if outer.returncode == 0:
        top, prefix, *_ = [*outer.stdout.splitlines(), ""]
        return inside(top, prefix, remote) if prefix else f"{ALONE} this folder is in a repository."
    if "not a git repository" not in outer.stderr:
        return f"{ALONE} {outer.stderr.strip()}"
    branch = [("init", "-q"), ("symbolic-ref", "HEAD", "refs/heads/main")]  # init -b is Git 2.28
    commit = [("add", "-A"), ("commit", "-q", "--no-gpg-sign", "-m", "Start from the template")]
    for step in branch + commit:
        if step == commit[0] and (unset := unset_identity()):
            are = "are" if unset[1:] else "is"
            cures = "".join(f'  git config --global user.{part} "..."\n' for part in unset)
            names = " and ".join(unset)
            return f"Git has no commit yet: your {names} {are} not set. Run:\n{cures}  {COMMIT}"
        done = git(*step)
        if done.returncode:
            return f"Git failed in {step[0]}: {done.stderr.strip()}\n  By hand: {BY_HAND}"
    return "Git has the first commit, on the branch main."


def unset_identity() -> "list[str]":
    """What Git lacks to commit, of `name` and `email`; files or variables may set them."""

    def refused(*settings: str) -> bool:
        # Not guessed from this machine's name.
        known = ("-c", "user.useConfigOnly=true", *settings, "var")
        return any(git(*known, f"GIT_{who}_IDENT").returncode for who in ("AUTHOR", "COMMITTER"))

    if not refused():
        return []
    others = {"name": "email", "email": "name"}
    return [part for part, other in others.items() if refused("-c", f"user.{other}=x")]


def succeeds(command: "list[str]", tools: Path) -> bool:
    """Run a command and show its output, with the environment's tools first on PATH."""
    print(f"\n$ {' '.join(command)}")
    path = os.pathsep.join([str(tools), os.environ.get("PATH", os.defpath)])
    try:
        return subprocess.call(command, env={**ENVIRONMENT, "PATH": path}) == 0
    except OSError as error:
        print(error)
        return False


def prove() -> str:
    """Install, fetch the data, train and compare; say exactly what was proven and what was not."""
    tools = Path(".venv", "Scripts" if os.name == "nt" else "bin").absolute()
    python = str(tools / "python")
    steps = {
        "the environment installs from its locks": [sys.executable, "scripts/setup.py"],
        "the example data can be fetched": [python, "-m", "samebits", "data", "add"],
        "the results reproduce": [python, "-m", "samebits", "verify"],
    }
    claims = list(steps)
    for number, claim in enumerate(claims):
        if not succeeds(steps[claim], tools):
            done = "; ".join(claims[:number]) or "nothing"
            return f"NOT proven: {'; '.join(claims[number:])}.\nProven: {done}. The project stays."
    return f"Proven: {'; '.join(claims)}."


def main(answers: "dict[str, str]") -> int:
    """The exit status: 1 if the template made a project that fails its own audit."""
    fresh = not Path(".git").exists()
    if not audit() and fresh:
        print("\nA new project must pass its audit. If a line above quotes one of your answers,")
        print("change that answer; otherwise the template is at fault: please report it.")
        return 1
    direct = "_output_dir" in answers  # cruft also runs this, at every update, in temporary folders
    remote = answers.get("remote_url", "") if answers.get("remote") == "local" else ""
    print(put_under_git(remote) if direct else f"{ALONE} cruft runs this template.")
    if answers["verify"] == "training":
        print(prove() if direct else "NOT proven: cruft trains nothing; use make verify.")
    print(NEXT.format(slug=answers["project_slug"]))
    return 0


if __name__ == "__main__":
    gc.disable()  # collecting the audit's many syntax trees would take as long as the audit
    for stream in (sys.stdout, sys.stderr):  # a Windows console may be cp1252
        stream.reconfigure(errors="replace", line_buffering=True)  # type: ignore[union-attr]
    status = main(json.loads(r"""{{ cookiecutter | tojson }}"""))
    gc.freeze()  # nor at the end
    sys.exit(status)
