"""The chain, its gaps and the ideas, as reports/diagnosis.json has them."""

import re
from typing import Any

from samebits.diagnosis.words import WORDS
from samebits.report.chain import chain_section
from samebits.report.inputs import Inputs

CLASS = WORDS["class"]


def words(content: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", content).split())


def test_errors_gaps_and_ideas(inputs: Inputs) -> None:
    content = chain_section(inputs.diagnosis, CLASS)
    said = words(content)
    assert "target 2.0 % wanted train 25.0 % 15.0 to 35.0 30" in said
    assert "train-dev 33.3 % 23.3 to 43.3 6" in said
    assert "&lt;bias&gt; gap target → train +23.0 points -1.0 to +30.0 yes model" in said
    assert "&lt;dev&gt; gap dev → test -5.0 points -1.0 to +30.0 not certain model" in said
    assert re.findall(r'<tr class="marked"><th scope="row">(\S+) gap', content) == ["&lt;bias&gt;"]
    assert said.index("Bigger &lt;network&gt;") < said.index("Look again")
    assert content.count('<code class="command">') == 1


def test_bars_are_as_long_as_the_largest_interval(inputs: Inputs) -> None:
    styles = re.findall(r'style="--at:([\d.]+)%;--low:([\d.]+)%;--high:([\d.]+)%"', chain(inputs))
    ends = [[float(side) for side in style] for style in styles]
    assert len(ends) == 5
    assert max(high for _, _, high in ends) == 100
    assert ends[1][0] == round(100 * 0.25 / 0.433333, 2)
    assert all(low <= at <= high for at, low, high in ends)
    assert chain(inputs).count('class="bar exact"') == 1


def test_nothing_wrong_anywhere(inputs: Inputs) -> None:
    rows = [{**link, "error": 0.0, "interval": None} for link in inputs.diagnosis["chain"]]
    bare: dict[str, Any] = {"chain": rows, "gaps": [], "ideas": [], "link": None}
    content = chain_section({**inputs.diagnosis, **bare}, CLASS)
    assert content.count("--at:0.00%") == 5
    assert "<ol" not in content
    assert content.count("<table") == 1


def chain(inputs: Inputs) -> str:
    return chain_section(inputs.diagnosis, CLASS)
