"""The list of all sentences that a person can be shown."""

import sys
from pathlib import Path

import pytest

import messages

CODE = '''"""A docstring of more than four words."""
NAMES = "and a list of names"
TABLE = "SELECT path, label FROM files where it is"
def refuse(path, count):
    """Another one that nobody is shown."""
    known = "one name after another".split() + NAMES.split()
    wrong = re.compile(r"a word (?:or) two of them")
    raise UserError(
        f"{path} holds {count} examples, "
        "which is too few; add some."
    )
'''
PAGE = """<style>
p { which: has many words for a style }
</style>
<%# A comment of many words
    and of two lines. %>
<p>None: <b>training</b> ran no epoch <%= count
%>.</p>
<% if a is not b at all %>
<script>
const line = at("figures").with(no, more, than, "this");
at("said").textContent = "The service does not answer.";
</script>
"""


def test_the_sentences_of_code_and_of_a_page() -> None:
    (sentence,) = messages.sentences(CODE, "a.py")
    assert sentence == ("a.py", 9, "{} holds {} examples, which is too few; add some.")
    shown = [(at, " ".join(text.split())) for _, at, text in messages.sentences(PAGE, "a.html")]
    assert shown == [(6, "None: training ran no epoch {}"), (11, "The service does not answer.")]


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
