"""Zero differing bytes on other processors.

    python -m pytest -m slow -k reproduction

These take minutes; `-m "slow and not long and not emulated"` leaves them out.
"""

import shutil

import pytest
from reproduction import Base, Counted, both, count, stage

pytestmark = pytest.mark.slow
changes = pytest.mark.changes
TRAIN = stage("train")
PROCESSORS = ("Haswell-v1", "Skylake-Client-v1", "EPYC-v1")


@pytest.mark.emulated
@pytest.mark.skipif(shutil.which("qemu-x86_64") is None, reason="no qemu-x86_64 (qemu-user)")
@changes("processor, emulated, one epoch", "train")
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
