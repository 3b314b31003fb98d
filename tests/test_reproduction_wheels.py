"""Zero differing bytes with other Pythons and with the other wheel of torch.

    python -m pytest -m long -k wheels

These take gigabytes.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from helpers import CACHE, PROJECT, ROOT, cpu_wheel
from reproduction import STAGES, Base, Counted, Place, moved

pytestmark = pytest.mark.slow
changes = pytest.mark.changes
VERSIONS = "import sys, torch; print(sys.version, torch.__version__)"


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
    if accelerator == "cpu" and not cpu_wheel(version):
        return f"no CPU wheel of torch for Python {version}"
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
