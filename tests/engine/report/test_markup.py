"""Small pieces that say what they say whatever they are given."""

from samebits.report.markup import bar, capital, percent, prose


def test_a_bar_stays_in_its_place() -> None:
    assert bar(0.5, (0.25, 1.0), 2.0).endswith(
        'style="--at:25.00%;--low:12.50%;--high:50.00%"></span>'
    )
    # What is below 0, or beyond the place, ends at its edge.
    assert '"--at:0.00%;--low:0.00%;--high:100.00%"' in bar(-1.0, (-2.0, 9.0), 2.0)
    assert 'class="bar below"' in bar(-1.0, (-2.0, 9.0), 2.0)
    assert '"bar exact" style="--at:0.00%' in bar(0.3, None, 0.0)


def test_names_in_backticks() -> None:
    assert prose("see `<a>` & `b`") == "see <code>&lt;a&gt;</code> &amp; <code>b</code>"


def test_words_and_numbers() -> None:
    assert capital("ääh") == "Ääh"
    assert capital("") == ""
    assert percent(0.0714) == "7.1 %"
