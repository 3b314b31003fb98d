"""Errors and scores in words: significant digits that make sense at any scale."""

import pytest

from samebits.diagnosis.words import WORDS, significant


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0"),
        (3.14159, "3.14"),
        (0.9, "0.9"),
        (-12.345, "-12.3"),
        (312345.678, "312,346"),
        (999.6, "1,000"),
        (99.96, "100"),
        (0.000123456, "0.000123"),
        (1.23456e-9, "1.23e-09"),
        (1e14, "100,000,000,000,000"),
        (1.5e20, "1.5e+20"),
    ],
)
def test_three_significant_digits(value: float, said: str) -> None:
    assert significant(value) == said


def test_signs_and_more_digits() -> None:
    assert significant(0.5, signed=True) == "+0.5"
    assert significant(1234.5, signed=True) == "+1,234"
    assert significant(-0.0, signed=True) == "0"
    assert significant(31234.5678, 7) == "31,234.57"
    assert significant(0.123456789, 4) == "0.1235"


def test_a_class_is_told_in_shares_and_a_number_in_its_unit() -> None:
    shares, numbers = WORDS["class"], WORDS["number"]
    assert shares.happens(0.021, "on test") == "2.1 % of the examples get a wrong class on test"
    assert shares.allowed(0.02) == "2.0 % are allowed"
    assert (shares.ends(0.01, 0.2), shares.amount(0.0123, fine=True)) == ("1.0 to 20.0", "1.23 %")
    assert (
        numbers.happens(3.21, "on test")
        == "answers on test are 3.21 away from the truth on average"
    )
    assert numbers.allowed(0.9) == "0.9 is allowed"
    assert (numbers.ends(1, 31624.9), numbers.amount(1.2345, fine=True)) == ("1 to 31,625", "1.234")
