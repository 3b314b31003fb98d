"""Zero differing bytes on other processors, with other Pythons and with the other wheel of torch.

    python -m pytest -m slow -k reproduction

These take minutes and gigabytes; `-m "slow and not long and not emulated"` leaves them out.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from helpers import CACHE, PROJECT, ROOT
from reproduction import STAGES, Base, Counted, Place, both, count, moved, stage

pytestmark = pytest.mark.slow
changes = pytest.mark.changes
TRAIN = stage("train")
VERSIONS = "import sys, torch; print(sys.version, torch.__version__)"
PROCESSORS = ("Haswell-v1", "Skylake-Client-v1", "EPYC-v1")


@pytest.mark.emulated
@pytest.mark.skipif(shutil.which("qemu-x86_64") is None, reason="no qemu-x86_64 (qemu-user)")
@changes("processor, emulated, one epoch")
def test_processors(base: Base, counted: Counted) -> None:
    """Three of two vendors, none with AVX-512, against this one."""
    python = base.place.built / ".venv" / "bin" / "python"
    with base.copy(epochs=1) as native:
        expected = native.stages("train")

    def run(processor: str) -> int:
        with base.copy(epochs=1) as place:
            emulator = "qemu-x86_64", "-cpu", processor, str(python)
            place.must(*emulator, *TRAIN[1:], timeout=900)
            return count(expected, place.files("train"))

    counted(dict(zip(PROCESSORS, both(run, PROCESSORS), strict=True)))


def interpreter(version: str) -> str | None:
    """A Python of this version that runs: on PATH, or among pyenv's."""
    name = f"python{version}"
    versions = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    for candidate in (shutil.which(name), *versions.glob(f"{version}.*/bin/{name}")):
        if candidate and not subprocess.run([candidate, "-c", ""], capture_output=True).returncode:
            return str(candidate)
    return None


def lacking(version: str, accelerator: str) -> str:
    """Why an environment cannot be installed here; empty if it can."""
    if interpreter(version) is None:
        return f"no Python {version}"
    places = os.environ.get("UV_FIND_LINKS", os.environ.get("PIP_FIND_LINKS", "")).replace(",", " ")
    tag = f"torch-*cp{version.replace('.', '')}*"
    if accelerator == "cpu" and not any(list(Path(one).glob(tag)) for one in places.split()):
        return f"no CPU wheel of torch for Python {version} where PIP_FIND_LINKS points"
    return ""


@pytest.mark.long
@changes("Python and torch's wheel")
@pytest.mark.parametrize("accelerator", ["cuda", "cpu"])
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_wheels(
    base: Base, counted: Counted, tmp_path: Path, version: str, accelerator: str
) -> None:
    """The same project, run in an environment of another Python or with the other wheel."""
    if why := lacking(version, accelerator):
        pytest.skip(why)
    locks = ROOT / PROJECT / "requirements"
    own = f"{{% if cookiecutter.accelerator == '{accelerator}' %}}runtime.lock{{% endif %}}"
    shutil.copy(locks / own, tmp_path / "some.lock")
    (tmp_path / "src").mkdir()  # so that the environment takes the code of the folder it runs in
    with base.copy(whole=True) as place:
        setup = (str(interpreter(version)), "scripts/setup.py", "--root", tmp_path, "some.lock")
        place.must(*setup, variables={"UV_CACHE_DIR": CACHE}, timeout=900)
        other = Place(place.root, tmp_path)
        said = other.must("python", "-c", VERSIONS)
        assert said.startswith(version) and ("+cpu" in said) == (accelerator == "cpu"), said
        counted({f"{version} {accelerator}": moved(base, other, *STAGES)})
