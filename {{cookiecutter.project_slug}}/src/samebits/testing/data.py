"""What `decode` must keep for prepared data to be the same bytes everywhere."""

import io

import numpy as np
from PIL import Image

from ..core.config import read
from ..core.sections import Data
from ..data.decoder import Decoder
from ..data.example import IMAGE
from .base import check_section, disturb, yours


class DataChecks:
    """Checks of data.py."""

    def contents(self) -> list[bytes]:
        """Return the contents of some files; override it to take your own."""
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
        decoder = self._decoder()
        for content in self.contents():
            decoder(content)  # which compares the two

    def test_every_example_has_the_same_facts(self) -> None:
        decoder = self._decoder()
        names = {tuple(sorted(decoder(content).facts)) for content in self.contents()}
        assert len(names) == 1, f"`decode` gives some files other facts than others: {names}"

    def test_decode_depends_on_the_content_alone(self) -> None:
        decoder, contents = self._decoder(), self.contents()
        first = [decoder(content) for content in contents]
        disturb()
        for content, before in zip(reversed(contents), reversed(first), strict=True):
            again = decoder(content)
            same = (again.arrays[IMAGE] == before.arrays[IMAGE]).all()
            assert same, "`decode` returned other pixels for the same content"
            assert again.facts == before.facts, "`decode` gave other facts for the same content"

    def _decoder(self) -> Decoder:
        return Decoder.of(yours().data, read(Data))
