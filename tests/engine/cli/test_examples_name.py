"""Commands call examples what data.py calls them: images, texts, rows, series, or anything else."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import PACKAGE, rendered

from samebits.cli.compare import compared, told
from samebits.cli.rank import ranking
from samebits.diagnosis.learning_curve import Shares, extrapolate
from samebits.diagnosis.words import WORDS
from samebits.experiments.seeds import summary
from samebits.metrics.results import Result
from samebits.versions.release import release

NAMES = ["images", "texts", "rows", "series", "clouds"]
Make = Callable[..., Result]


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def calling(released: Path, name: str) -> None:
    """A project whose data.py calls its examples so."""
    rendered(released, "dvc.yaml")
    path = released / "src" / PACKAGE / "data.py"
    text = path.read_text(encoding="utf-8")
    assert 'EXAMPLES = "images"' in text
    path.write_text(text.replace('"images"', f'"{name}"'), encoding="utf-8")


@pytest.mark.usefixtures("calling")
def test_versions_of_the_data(name: str, verb: Callable[..., str]) -> None:
    assert verb("data list").split()[:4] == ["version", "date", name, "classes"]
    assert f"{name.capitalize()}: reports/data-1.0-1.1.html" in verb("data diff", "1.0", "1.1")
    page = Path("reports/data-1.0-1.1.html").read_text(encoding="utf-8")
    assert f"<p>{name.capitalize()}: 1.</p>" in page
    assert f"{name.capitalize()} are shown as the network sees them." in page
    Path("data/raw/tree/3.png").unlink()
    release("1.2", "A tree less", list)
    changelog = Path("data/CHANGELOG.md").read_text(encoding="utf-8")
    assert changelog.count(f"| class | {name} | added |") == 1 + 2 * (name == "images")


def test_results_that_are_compared(
    result: Make, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for module in ("compare", "rank"):
        monkeypatch.setattr(f"samebits.cli.{module}.spread_over_seeds", lambda *_: None)
    monkeypatch.setattr("samebits.cli.compare.differing", lambda *_: {})
    said = told(compared(result("a", 12), result("b", 10)), name)
    assert f"on 400 {name}." in said and f"more {name} would settle" in said
    same = told(compared(result("a"), result("b")), name)
    assert f"more {name} would not settle it" in same
    placed = ranking(result("a"), [result("b", metric="log_loss")], examples=name)
    assert f"these {name} cannot distinguish" in placed and f"on other {name} or by" in placed
    metrics = [result(side, wrong).metrics for side, wrong in (("a", 10), ("b", 20))]
    spread = summary(metrics, WORDS["class"].calling(name))
    assert f"spread over {name}: 95 % interval" in spread
    curve = extrapolate(Shares([250, 500, 1000], [400] * 3, [80, 40, 20])).record(name)
    sentence = f"After learning from 1,000 {name}, 5.0 % of the {name} get a wrong class on dev"
    assert sentence in curve["sentence"]
    assert not any("example" in text for text in (said, same, placed, spread, curve["sentence"]))
