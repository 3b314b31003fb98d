"""The gain from more data is found if the curve shows it, and left open if not."""

import numpy as np
import pytest

from samebits.diagnosis.learning_curve import Means, Shares, extrapolate

LEARNED = (125, 250, 500, 1000)


def points(shares: list[float], examples: int) -> Shares:
    return Shares(LEARNED, [examples] * 4, [round(share * examples) for share in shares])


def law(floor: float, steepness: float) -> list[float]:
    return [floor + 0.1 * (learned / 1000) ** -steepness for learned in LEARNED]


@pytest.mark.parametrize(("floor", "steepness"), [(0.0, 0.5), (0.02, 0.5), (0.0, 0.3)])
def test_a_power_law_is_found(floor: float, steepness: float) -> None:
    expected = extrapolate(points(law(floor, steepness), 100_000))
    for ahead in expected.ahead:
        truth = floor + 0.1 * ahead.times**-steepness
        assert ahead.error == pytest.approx(truth, rel=0.1)
        assert ahead.low <= truth <= ahead.high
    assert expected.worth is True
    assert "More data is worth its cost." in expected.sentence()


def test_a_flat_curve_promises_nothing() -> None:
    expected = extrapolate(points([0.1] * 4, 20_000))
    assert expected.worth is False
    assert "would hardly help" in expected.sentence()


def test_few_examples_cannot_tell() -> None:
    expected = extrapolate(points(law(0.0, 0.5), 60))
    assert expected.worth is None
    assert "too few to tell" in expected.sentence()


def test_it_is_the_same_each_time() -> None:
    some = points(law(0.01, 0.4), 500)
    assert extrapolate(some).record() == extrapolate(some).record()


def test_no_mistakes_at_all() -> None:
    expected = extrapolate(points([0.0] * 4, 300))
    assert expected.worth is not True
    assert all(0 <= ahead.low <= ahead.high < 0.02 for ahead in expected.ahead)


def test_intervals_cover_the_truth() -> None:
    """Most 95 % intervals for twice the data contain the true error."""
    draw, truth, held = np.random.default_rng(0), 0.02 + 0.1 * 2**-0.5, 0
    for _ in range(10):
        wrong = draw.binomial(1000, law(0.02, 0.5)).tolist()
        ahead = extrapolate(Shares(LEARNED, [1000] * 4, wrong)).ahead[0]
        held += ahead.low <= truth <= ahead.high
    assert held >= 8


def means(errors: list[float], relative: float, scale: float = 1.0) -> Means:
    """Mean errors, each uncertain by a share of itself."""
    given = [scale * error for error in errors]
    return Means(LEARNED, [400] * 4, given, [relative * error for error in given], 399)


@pytest.mark.parametrize("scale", [1.0, 1e6, 1e-8])
def test_a_power_law_of_means_is_found_at_any_scale(scale: float) -> None:
    expected = extrapolate(means(law(0.02, 0.5), 0.02, scale))
    for ahead in expected.ahead:
        truth = scale * (0.02 + 0.1 * ahead.times**-0.5)
        assert ahead.error == pytest.approx(truth, rel=0.1)
        assert ahead.low <= truth <= ahead.high
    assert expected.worth is True
    flat = extrapolate(means([0.1] * 4, 0.005, scale))
    assert flat.worth is False
    unsure = extrapolate(means(law(0.0, 0.5), 0.3, scale))
    assert unsure.worth is None


def test_means_are_told_in_their_unit() -> None:
    expected = extrapolate(means(law(0.02, 0.5), 0.002, 1e6))
    assert "After learning from 1,000 examples, answers on dev are 120,000 away from" in (
        expected.sentence()
    )
    assert "%" not in expected.sentence().replace("95 %", "")
    assert expected.record()["points"][-1] == {"learned": 1000, "error": 120000.0, "examples": 400}


def test_means_that_are_all_nothing() -> None:
    expected = extrapolate(means([0.0] * 4, 0.1))
    assert expected.worth is not True
    assert expected.record()["ahead"][0]["error"] == 0.0


def test_intervals_of_means_cover_the_truth() -> None:
    draw, truth, held = np.random.default_rng(0), 0.02 + 0.1 * 2**-0.5, 0
    for _ in range(10):
        samples = [draw.exponential(mean, 400) for mean in law(0.02, 0.5)]
        seen = [float(sample.mean()) for sample in samples]
        spread = [float(sample.std(ddof=1)) / 20 for sample in samples]
        ahead = extrapolate(Means(LEARNED, [400] * 4, seen, spread, 399)).ahead[0]
        held += ahead.low <= truth <= ahead.high
    assert held >= 8
