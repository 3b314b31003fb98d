"""What `decode` must keep for prepared data to be the same bytes everywhere."""

import io

import numpy as np
import pytest
from PIL import Image

from ..core.config import read
from ..core.sections import Data
from ..data.decoder import Decoder
from ..data.example import Decoded, Unreadable
from ..data.fields import checked
from ..data.fitting import fitting_of
from .base import check_section, disturb, made, yours

HALVES = (slice(0, 20), slice(20, 64))


class DataChecks:
    """Checks of data.py."""

    def contents(self) -> list[bytes]:
        """Return the contents of some files, here images; override it to take your own."""
        noise = np.random.default_rng(0)
        found = []
        for shape in ((9, 9), (20, 13, 3), (7, 30)):
            file = io.BytesIO()
            Image.fromarray(noise.integers(0, 256, shape, dtype=np.uint8)).save(file, "PNG")
            found.append(file.getvalue())
        return found

    def test_the_section_input_parses(self) -> None:
        check_section("input", yours().data.Input)

    def test_decode_returns_what_fields_announces(self) -> None:
        self._decoded(self.contents())  # which compares the two

    def test_every_example_has_the_same_facts(self) -> None:
        names = {tuple(sorted(one.facts)) for one in self._decoded(self.contents())}
        assert len(names) == 1, f"`decode` gives some files other facts than others: {names}"

    def test_decode_depends_on_the_content_alone(self) -> None:
        contents = self.contents()
        first = self._decoded(contents)
        disturb()
        again = self._decoded(contents[::-1])[::-1]
        for before, after in zip(first, again, strict=True):
            for name, array in before.arrays.items():
                same = np.array_equal(array, after.arrays[name])
                assert same, f"`decode` returned another {name} for the same content"
            assert after.facts == before.facts, "`decode` gave other facts for the same content"

    def test_what_is_learnt_depends_on_the_training_examples_alone(self) -> None:
        data = yours().data
        settings = read(data.Input)
        fitting = fitting_of(data, settings)
        if fitting is None:
            return
        examples = made(checked(data.fields(settings)), 64)
        first = fitting.learn(iter([examples]))
        disturb()
        halves = [{name: one[at] for name, one in examples.items()} for at in HALVES]
        again = fitting.learn(iter(halves))
        for name, array in first.arrays.items():
            same = np.array_equal(array, again.arrays[name])
            assert same, f"`fit` returned another {name} for the same examples"
        whole, parts = first(examples), [first(half) for half in halves]
        for name, array in whole.items():
            joined = np.concatenate([part[name] for part in parts])
            assert np.array_equal(array, joined), f"`transform` makes {name} of other examples, too"

    def _decoded(self, contents: list[bytes]) -> list[Decoded]:
        decoder = Decoder.of(yours().data, read(Data))
        try:
            return [decoder(content) for content in contents]
        except Unreadable as problem:
            pytest.fail(
                f"`decode` cannot read what it is checked with ({problem}); override `contents` in "
                "tests/test_data.py to return the contents of some of your files"
            )
