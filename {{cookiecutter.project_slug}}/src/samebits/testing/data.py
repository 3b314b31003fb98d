"""What data.py must guarantee for prepared data to have the same bytes everywhere."""

import io

import numpy as np
import pytest
from PIL import Image

from ..core.config import read
from ..core.sections import Data
from ..data.decoder import Decoder
from ..data.example import Decoded, Unreadable
from ..data.fields import Field, checked
from ..data.fitting import fitting_of
from ..data.targets import MASK
from .base import check_section, disturb, made, yours

HALVES = (slice(0, 20), slice(20, 64))
FADED = 50  # how many times smaller a spread is that hardly any network can tell from none


class DataChecks:
    """Checks of data.py."""

    def contents(self) -> list[bytes]:
        """Return the contents of some files, here images; override this to use your own."""
        noise = np.random.default_rng(0)
        files = []
        for shape in ((9, 9), (20, 13, 3), (7, 30)):
            file = io.BytesIO()
            Image.fromarray(noise.integers(0, 256, shape, dtype=np.uint8)).save(file, "PNG")
            files.append(file.getvalue())
        return files

    def test_the_section_input_parses(self) -> None:
        check_section("input", yours().data.Input)

    def test_decode_returns_what_fields_declares(self) -> None:
        self._decoded(self.contents())  # the decoder compares the two

    def test_every_example_has_the_same_facts(self) -> None:
        names = {tuple(sorted(decoded.facts)) for decoded in self._decoded(self.contents())}
        assert len(names) == 1, f"`decode` must return the same facts for every file: {names}"

    def test_decode_depends_on_the_content_alone(self) -> None:
        contents = self.contents()
        first = self._decoded(contents)
        disturb()
        again = self._decoded(contents[::-1])[::-1]
        for before, after in zip(first, again, strict=True):
            for name, array in before.arrays.items():
                same = np.array_equal(array, after.arrays[name])
                assert same, f"`decode` returns different {name} for the same content"
            assert after.facts == before.facts, "`decode` returns different facts for one content"

    def test_what_is_learnt_depends_on_the_training_examples_alone(self) -> None:
        data = yours().data
        settings = read(data.Input)
        fitting = fitting_of(data, settings)
        if fitting is None:
            return
        examples = made(checked(data.fields(settings)), 64)
        first = fitting.learn(iter([examples]))
        disturb()
        halves = [{name: array[at] for name, array in examples.items()} for at in HALVES]
        again = fitting.learn(iter(halves))
        for name, array in first.arrays.items():
            same = np.array_equal(array, again.arrays[name])
            assert same, f"`fit` returns different {name} for the same examples"
        whole, parts = first(examples), [first(half) for half in halves]
        for name, array in whole.items():
            joined = np.concatenate([part[name] for part in parts])
            same = np.array_equal(array, joined)
            assert same, f"`transform` lets {name} of an example depend on other examples"

    def test_inputs_lets_images_of_floats_vary(self) -> None:
        """From 0 to 1, say, where `inputs` of model.py divides as if they went up to 255."""
        data, settings = yours().data, read(yours().data.Input)
        fields, fitting = checked(data.fields(settings)), fitting_of(data, settings)
        floats = [name for name, field in fields.items() if _is_float_image(field)]
        if not floats:
            return
        examples = self._decoded(self.contents())
        arrays = {name: np.stack([example.arrays[name] for example in examples]) for name in fields}
        arrays.pop(MASK, None)
        stored = fitting.learn(iter([arrays]))(arrays) if fitting else arrays
        given = yours().model.inputs({name: array.copy() for name, array in stored.items()})
        for name in {*floats} & stored.keys() & given.keys():
            before, after = np.ptp(stored[name]), np.ptp(given[name].numpy())
            assert after >= min(before, 1) / FADED, (
                f"model.py: `inputs` shrinks the floats {name}, {before:.2g} wide, to a width of "
                f"{after:.2g}, so all examples look alike; divide there by the range that they have"
            )

    def _decoded(self, contents: list[bytes]) -> list[Decoded]:
        decoder = Decoder.of(yours().data, read(Data))
        try:
            return [decoder(content) for content in contents]
        except Unreadable as problem:
            pytest.fail(
                f"`decode` cannot read the check's files ({problem}); override `contents` in "
                "tests/test_data.py to return the contents of some of your files"
            )


def _is_float_image(field: Field) -> bool:
    return field.dtype.startswith("float") and len(field.shape) == 3
