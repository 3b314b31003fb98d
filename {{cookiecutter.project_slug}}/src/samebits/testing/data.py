"""What `decode` must keep for prepared data to be the same bytes everywhere."""

import io
import json
import random

import numpy as np
from PIL import Image

from ..core.config import read
from ..core.sections import Data
from ..data.decoder import Decoder
from ..data.example import IMAGE
from .made_up import yours


class DataChecks:
    """Checks of `fields` and `decode` in data.py."""

    def contents(self) -> list[bytes]:
        """Return the contents of some files; override it to take your own."""
        noise = np.random.default_rng(0)
        found = []
        for mode, height, width in (("L", 9, 9), ("RGB", 20, 13), ("L", 7, 30)):
            shape = (height, width, 3) if mode == "RGB" else (height, width)
            file = io.BytesIO()
            Image.fromarray(noise.integers(0, 256, shape, dtype=np.uint8)).save(file, "PNG")
            found.append(file.getvalue())
        return found

    def test_it_gives_what_fields_announces(self) -> None:
        decoder = self._decoder()
        for content in self.contents():
            array = decoder(content).arrays[IMAGE]
            assert (array.dtype, array.shape) == (decoder.field.dtype, decoder.field.shape)

    def test_every_example_has_the_same_facts(self) -> None:
        facts = [self._decoder()(content).facts for content in self.contents()]
        assert len({tuple(one) for one in facts}) == 1
        json.dumps(facts, default=float, allow_nan=False)

    def test_nothing_but_the_content_decides(self) -> None:
        decoder = self._decoder()
        for content in self.contents():
            first = decoder(content)
            random.random(), np.random.random()  # audit: as another library might
            second = decoder(content)
            assert (first.arrays[IMAGE] == second.arrays[IMAGE]).all()
            assert first.facts == second.facts

    def _decoder(self) -> Decoder:
        return Decoder.of(yours().data, read(Data))
