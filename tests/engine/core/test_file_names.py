"""Names that Windows does not allow or that deceive, and fine ones of every script."""

import pytest

from samebits.core.file_names import name_problem

DEVICE, UNSEEN, CONTROL = "name of a device", "are invisible", "control characters"


@pytest.mark.parametrize(
    "name",
    [
        *("cat/tom.png", "./cat//tom.png", "naïve 日本/שלום.png", "कुत्ता/1.png"),
        *("🐈/+1.png", "-1/=.png"),
        *("console/1.png", "com10/1.png", "com/lpt.png", "nul1/auxiliary.png", "a.con/1.png"),
        *(".hidden/1.png", " cat/1 .png", "it's/50 %.png", "a\u00a0b/1\u202f2.png"),
    ],
)
def test_a_name_that_may_stand(name: str) -> None:
    assert name_problem(name) == ""


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        *((f"{name}/1.png", DEVICE) for name in ("con", "PRN", "aUx", "nul", "COM1", "lpt9")),
        *((f"cat/{name}", DEVICE) for name in ("con.txt", "nul.tar.gz", "aux .png", "COM¹.png")),
        *((f"cat/{name}", DEVICE) for name in ("LPT³", "com0", "conin$", "CONOUT$.png")),
        *((f"{name}/1.png", "ends with a space") for name in ("x. ", "x ", " ")),
        *((f"{name}/1.png", "ends with a dot") for name in ("x.", "x..", "...")),
        *((f"cat/1{letter}.png", f"has a [{letter}] in its name") for letter in '<>:"|?*'),
        *((f"cat/a{letter}b.png", UNSEEN) for letter in "\u200b\u200d\u202e\u2066\ufeff\u00ad"),
        *((f"cat/a{letter}b.png", UNSEEN) for letter in "\u3164\u2800\u115f\U000e0041\ufe00"),
        *((f"cat/a{letter}b.png", UNSEEN) for letter in "\u180b\u2065\ufff0\U0001d159\U000e0100"),
        *((f"cat/a{letter}b.png", CONTROL) for letter in "\n\t\0\x7f\x85\u2028\udcff"),
    ],
)
def test_a_name_that_may_not(name: str, problem: str) -> None:
    assert name_problem(name).startswith(("is", "has", "ends"))
    assert problem.replace("[", "").replace("]", "") in name_problem(name)
