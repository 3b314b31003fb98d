"""Generates a project in demo/, runs it, and compares its outputs with the shipped bits.

    python scripts/demo.py [TASK]

Replaces the last demo, but only files that it made itself: see ownership.py.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

import yaml

from ownership import MARKER, SCRATCH, Marker, clean_environment, git, strangers, untracked

TEMPLATE = Path(__file__).resolve().parent.parent
DEMO = TEMPLATE / "demo"
PYTHONS = ("3.11", "3.12", "3.13")
IDENTITY = ("-c", "user.name=make demo", "-c", "user.email=demo@localhost")
PLAIN = ("-c", "commit.gpgsign=false", "-c", "core.autocrlf=false")


class Refusal(Exception):
    """One sentence for the user."""


def main() -> int:
    started = time.perf_counter()
    try:
        task = chosen(sys.argv[1:])
        clear(DEMO)
        project = generate(DEMO, task)
        run_steps(project)
        reached = conclude(project)
    except Refusal as refusal:
        print(f"error: {refusal}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"error: `{describe(error.cmd)}` failed: see its output above", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nerror: interrupted; run it again, it starts over", file=sys.stderr)
        return 130
    print(f"Time:    {time.perf_counter() - started:.0f} s in total", flush=True)
    return 0 if reached else 1


def chosen(arguments: list[str]) -> str:
    """The task that the command line names, or the first of all."""
    tasks: list[str] = json.loads((TEMPLATE / "cookiecutter.json").read_text("utf-8"))["task"]
    task = arguments[0] if arguments else tasks[0]
    if task not in tasks:
        raise Refusal(f"there is no task {task!r}; choose one of {', '.join(tasks)}")
    return task


def clear(demo: Path) -> None:
    """Removes the last demo, unless it contains files that `make demo` did not make."""
    if paths := strangers(demo):
        more = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
        raise Refusal(
            f"{demo.name}/ has files that `make demo` did not make: {', '.join(paths[:5])}{more}; "
            f"move them elsewhere, or remove {demo.name}/ yourself"
        )
    marker = Marker.load(demo)
    discard(demo / SCRATCH)
    if marker and marker.project and (demo / marker.project).exists():
        # In one move, so that a kill leaves no half-removed project.
        (demo / SCRATCH).mkdir()
        (demo / marker.project).rename(demo / SCRATCH / "old")
        discard(demo / SCRATCH)
    (demo / MARKER).unlink(missing_ok=True)


def discard(folder: Path) -> None:
    """Removes a folder; Git and DVC write-protect files, which stops removal on Windows."""
    for kept in (".git", ".dvc"):
        for file in folder.glob(f"*/{kept}/**/*"):
            if file.is_file() and not file.is_symlink():
                file.chmod(0o600)
    if folder.exists():
        shutil.rmtree(folder)


def generate(demo: Path, task: str) -> Path:
    """Renders the template with its default answers for a task and commits the result."""
    announce("Generate the project")
    Marker("", "").save(demo)  # from now on the scratch folder may be removed
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    answers = [f"task={task}"]
    answers += [f"python_version={running}"] if running in PYTHONS else []
    place = ["--output-dir", str(demo / SCRATCH)]
    cookiecutter = [sys.executable, "-m", "cookiecutter", str(TEMPLATE), "--no-input"]
    run([*cookiecutter, "--default-config", *place, *answers], TEMPLATE, clean_environment())
    [draft] = [entry for entry in (demo / SCRATCH).iterdir() if entry.is_dir()]
    commit(draft)
    Marker(draft.name, git(draft, "rev-parse", "HEAD").strip()).save(demo)
    return draft.rename(demo / draft.name)


def commit(project: Path) -> None:
    git(project, "init", "--quiet")
    git(project, "symbolic-ref", "HEAD", "refs/heads/main")
    git(project, *PLAIN, "add", "--all")
    message = "Generate the project"
    git(
        project,
        *IDENTITY,
        *PLAIN,
        "commit",
        "--quiet",
        "--no-verify",
        "--allow-empty",
        "-m",
        message,
    )


def run_steps(project: Path) -> None:
    """Installs, fetches the data, runs the pipeline; records the files that each step made."""
    collect = ["python", "-m", "samebits", "data", "add"]
    outputs = ["data/prepared", "models", "reports"]
    # A cache shared by several projects may have the shipped outputs: nothing would run.
    repro = ["dvc", "repro", "--force", "--no-run-cache"]
    step(project, "Install the locked environment", [sys.executable, "scripts/setup.py"], [])
    step(project, "Fetch the example data", collect, ["data/raw"])
    step(project, "Run the pipeline", repro, outputs)


def step(project: Path, title: str, command: list[str], writes: list[str]) -> None:
    announce(title)
    marker = Marker.load(project.parent)
    assert marker is not None
    marker.writing = writes
    marker.save(project.parent)
    run(command, project, project_environment(project))
    marker.files, marker.writing = untracked(project), []
    marker.save(project.parent)


def project_environment(project: Path) -> dict[str, str]:
    """The environment variables with the project's .venv first on PATH."""
    places = [str(project / ".venv" / name) for name in ("bin", "Scripts")]
    variables = clean_environment()
    return variables | {"PATH": os.pathsep.join([*places, variables.get("PATH", "")])}


def run(command: list[str], folder: Path, variables: dict[str, str]) -> None:
    # Windows looks up a bare name in the parent's PATH, so look it up here.
    program = shutil.which(command[0], path=variables["PATH"]) or command[0]
    subprocess.run([program, *command[1:]], cwd=folder, env=variables, check=True)


def conclude(project: Path) -> bool:
    """Prints what was proven, the score and the report; whether the promise was kept."""
    shipped = git(project, "show", "HEAD:dvc.lock")
    made = (project / "dvc.lock").read_text(encoding="utf-8")
    changed, total = differing(shipped, made), len(outputs(made))
    reached = not changed or not promised()
    announce("Compare with the shipped bits")
    print(verdict(changed, total, machine()))
    metrics = json.loads((project / "reports" / "metrics.json").read_text(encoding="utf-8"))
    print(f"Score:   {metrics['metric']} {metrics['score']:.4f} on test")
    print(f"Report:  {(project / 'reports' / 'report.html').relative_to(TEMPLATE)}")
    return reached


def outputs(lock: str) -> dict[str, str]:
    """The hash of each output in a dvc.lock."""
    stages = yaml.safe_load(lock)["stages"].values()
    return {out["path"]: out["md5"] for stage in stages for out in stage.get("outs", ())}


def differing(shipped: str, made: str) -> list[str]:
    """Outputs whose hashes differ; `dvc.lock` itself if anything else in it does."""
    before, after = outputs(shipped), outputs(made)
    paths = [path for path in sorted({*before, *after}) if before.get(path) != after.get(path)]
    return paths or ([] if yaml.safe_load(shipped) == yaml.safe_load(made) else ["dvc.lock"])


def verdict(changed: list[str], total: int, where: str) -> str:
    if not changed:
        return f"Proven:  all {total} outputs equal the shipped ones, bit for bit ({where})"
    if promised():
        paths = ", ".join(changed)
        return f"FAILED:  {len(changed)} of {total} outputs differ from the shipped ones: {paths}"
    return (
        f"Proven:  the project runs on {where}\n"
        "Not:     that it gives the shipped bits, promised only for x86-64 Linux with AVX2; "
        "`make verify` in the project compares two runs on this machine"
    )


def promised() -> bool:
    """Whether this machine must give the shipped bits."""
    cpu = Path("/proc/cpuinfo")
    known = platform.system() == "Linux" and platform.machine() in ("x86_64", "AMD64")
    return known and cpu.exists() and " avx2" in cpu.read_text(encoding="utf-8")


def machine() -> str:
    return f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"


def announce(title: str) -> None:
    print(f"\n== {title}", flush=True)


def describe(command: list[str]) -> str:
    return " ".join([Path(command[0]).stem, *command[1:]])


if __name__ == "__main__":
    sys.exit(main())
