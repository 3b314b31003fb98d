"""What a network must keep for its results to be the same bits everywhere."""

from dataclasses import replace

import numpy as np
import torch

from ..data.loader import arrays
from ..training.microbatch import check
from ..training.network import built
from ..training.predict import predict
from .base import Checks, check_section, disturb, reproducibility, yours


class ModelChecks(Checks):
    """Checks of model.py."""

    def test_the_section_model_parses(self) -> None:
        check_section("model", yours().model.Model)

    def test_the_seed_decides_the_initial_weights(self) -> None:
        first, same, other = (self._weights(seed) for seed in (0, 0, 1))
        for name, value in first.items():
            assert torch.equal(value, same[name]), f"`{name}` differs for the same seed"
        equal = all(torch.equal(value, other[name]) for name, value in first.items())
        assert not equal, "another seed gives the same weights; does `build` set a seed?"

    def test_inputs_depends_on_the_arrays_alone(self) -> None:
        images = np.array(self.examples(4).images)
        before = images.copy()
        first = yours().model.inputs(arrays(images))
        assert (images == before).all(), "`inputs` changes the stored arrays; let it copy them"
        disturb()
        for name, value in yours().model.inputs(arrays(images)).items():
            assert torch.equal(value, first[name]), f"`inputs` made another `{name}` of the same"

    def test_an_answer_depends_on_its_example_alone(self) -> None:
        """Not on how many others there are, on which, or on its place among them."""
        images = np.array(self.examples(40).images)
        whole, order = self._answers(images), np.arange(40)[::-1].copy()
        said = "the answer for an example changes with {}; do `inputs` or a layer mix examples?"
        assert (self._answers(images[:7]) == whole[:7]).all(), said.format("how many there are")
        assert (self._answers(images[order]) == whole[order]).all(), said.format("its place")
        images[1:] = 255 - images[1:]
        assert (self._answers(images)[0] == whole[0]).all(), said.format("the others")

    def test_answers_are_finite(self) -> None:
        images = np.array(self.examples(2).images)
        images[0], images[1] = 0, 255
        assert np.isfinite(self._answers(images)).all(), "a black or white image gives NaN"

    def test_no_layer_keeps_statistics_of_the_batch(self) -> None:
        shards = reproducibility().shards
        check(self._network(0), shards, shards)

    def _network(self, seed: int) -> torch.nn.Module:
        disturb()
        settings = replace(reproducibility(), seed=seed)
        return built(yours().model, self.examples(4), 0.0, settings)

    def _weights(self, seed: int) -> dict[str, torch.Tensor]:
        return self._network(seed).state_dict()

    def _answers(self, images: np.ndarray) -> np.ndarray:
        classes, chunk = len(self.examples(1).classes), reproducibility().chunk
        return predict(self._network(0), yours().model.inputs, images, classes, chunk)
