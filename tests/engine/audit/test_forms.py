"""The audit says the same to programs as in the table for people."""

import json
from urllib.parse import quote

import pytest
from documented import keys, printed

from samebits.arguments import parse
from samebits.audit import command
from samebits.audit.forms import as_annotations, as_json, as_sarif
from samebits.audit.outcomes import Check, Finding
from samebits.console.errors import UserError

GOOD = Check("data", "3 files, none in Git", ())
FAULT = Finding("src/odd,name.py", 7, "100 % of it: wrong\nfix it")
WARNING = Finding("src/samebits/MANIFEST", 0, "was edited")
BAD = Check("random", "2 files, 1 to fix", (FAULT,), (WARNING,))


def test_json() -> None:
    record = json.loads(as_json([GOOD, BAD]))
    assert printed(record) == keys("audit")
    assert record["passed"] is False
    assert [check["passed"] for check in record["checks"]] == [True, False]
    assert record["checks"][1]["findings"] == [
        {"path": FAULT.path, "line": 7, "message": FAULT.message}
    ]
    assert record["checks"][1]["warnings"][0]["message"] == "was edited"
    assert json.loads(as_json([GOOD]))["passed"] is True


def test_sarif() -> None:
    (run,) = json.loads(as_sarif([GOOD, BAD]))["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["data", "random"]
    fault, warning = run["results"]
    assert (fault["ruleId"], fault["level"], warning["level"]) == ("random", "error", "warning")
    place = warning["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": WARNING.path}
    assert fault["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == quote(FAULT.path)
    assert place["region"] == {"startLine": 1}  # lines of SARIF count from 1


def test_annotations() -> None:
    assert as_annotations([GOOD]) == ""
    assert as_annotations([GOOD, BAD]).splitlines() == [
        "::error file=src/odd%2Cname.py,line=7,title=audit%3A random::100 %25 of it: wrong%0Afix "
        "it",
        "::warning file=src/samebits/MANIFEST,line=0,title=audit%3A random::was edited",
    ]


@pytest.mark.parametrize(("form", "first"), [("json", "{"), ("sarif", "{"), ("github", "::error")])
def test_the_command_prints_the_form_that_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], form: str, first: str
) -> None:
    monkeypatch.setattr(command, "audit", lambda *_, **__: [GOOD, BAD])
    with pytest.raises(SystemExit) as left:
        command.main(parse(["audit", f"--{form}"]))
    assert left.value.code == 1
    assert capsys.readouterr().out.startswith(first)


def test_two_forms_at_once_are_refused() -> None:
    with pytest.raises(UserError, match="not allowed with argument"):
        parse(["audit", "--json", "--sarif"])
