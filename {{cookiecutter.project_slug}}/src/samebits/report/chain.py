"""Where in the chain the error is, and what to try: the content of reports/diagnosis.json."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from ..diagnosis.words import Words
from .markup import render


def chain_section(diagnosis: Mapping[str, Any], words: Words) -> Markup:
    """Return the section: the errors, the gaps between them, and the ideas."""
    ends = [end for place in diagnosis["chain"] for end in place["interval"] or ()]
    most = max([*ends, *(place["error"] for place in diagnosis["chain"])], default=0.0)
    return render("chain.html", diagnosis=diagnosis, words=words, most=most)
