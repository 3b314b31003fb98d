"""The list of all sentences that a person can be shown."""

import sys
from pathlib import Path

import pytest

import messages

CODE = '''"""A docstring of more than four words."""
TABLE = "SELECT path, label FROM files where it is"
def refuse(path, count):
    """Another one that nobody is shown."""
    raise UserError(
        f"{path} holds {count} examples, "
        "which is too few; add some."
    )
'''
PAGE = "<p>None: <b>training</b> ran no epoch <%= count %>.</p>\n<% if a is not b at all %>\n"


def test_the_sentences_of_code_and_of_a_page() -> None:
    (sentence,) = messages.sentences(CODE, "a.py")
    assert sentence == ("a.py", 6, "{} holds {} examples, which is too few; add some.")
    (shown,) = messages.sentences(PAGE, "a.html")
    assert " ".join(shown.text.split()) == "None: training ran no epoch {}."


def test_the_list(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["messages.py", "--since", "HEAD"])
    messages.main()
    *_, line, count, new = capsys.readouterr().out.splitlines()
    assert line.startswith("hooks/")
    assert int(count.split()[0]) > 1000
    assert new.endswith(" of them are not in HEAD")
    monkeypatch.setattr(sys, "argv", ["messages.py", "--since", "no-commit"])
    with pytest.raises(SystemExit, match="no-commit"):
        messages.main()
