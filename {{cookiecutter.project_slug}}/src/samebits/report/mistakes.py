"""The mistakes on dev worth most, with the examples.

They are those of dev: who looks at test examples to find ideas has no test set any more.
"""

from ..metrics.registry import Metric
from .inputs import Inputs
from .looks import look_tag
from .markup import name, plural, section, text

SHOWN = 24
FEW = 12  # with fewer mistakes, answers that are nearly one are shown as well


def mistakes_section(inputs: Inputs, metric: Metric) -> str:
    """Return the dev examples that went wrong, or nearly so, what costs most first."""
    errors, predictions = inputs.errors, inputs.predictions["dev"]
    words, wrong = errors.words, errors.ordered(metric, predictions)
    shown = wrong[:SHOWN]
    lead = plural(len(wrong), "mistake")
    if len(wrong) > 1:
        lead += f", {text(errors.order(metric))}"
    if not wrong:
        lead = f"None: {words.flawless('dev', errors.allowed)}"
    if len(shown) < len(wrong):
        lead += f"; {len(shown)} are shown here, more by <code>samebits errors</code>"
    if len(shown) < FEW:
        shown += errors.nearly(predictions)[: FEW - len(shown)]
        lead += f"; then {words.nearly}"
    mistaken = set(wrong)
    items = [_answer(inputs, row, row in mistaken) for row in shown]
    title = "Mistakes on dev worth most"
    return section(title, f"<p>{lead}.</p>", '<ol class="mistakes">', *items, "</ol>")


def _answer(inputs: Inputs, row: int, mistaken: bool) -> str:
    errors, predictions = inputs.errors, inputs.predictions["dev"]
    example, said = predictions.examples[row], errors.said(predictions, row)
    alt = (
        f"Dev example {example.path}: true {errors.words.answer} {said.true}, predicted "
        f"{said.answer}"
    )
    tags = "; ".join(inputs.tags.get(example.md5, ()))
    causes = f'<span class="tags">{name(tags)}</span>' if tags else ""
    return (
        f"<li><figure>{look_tag(inputs.looks[row], alt)}<figcaption>"
        f"<span>true <b>{name(said.true)}</b></span>"
        f'<span class="{"wrong" if mistaken else "right"}">predicted <b>{name(said.answer)}</b>'
        f"</span><span>{errors.words.far(said.detail)}</span>{causes}"
        f"<small>{name(example.path)}</small></figcaption></figure></li>"
    )
