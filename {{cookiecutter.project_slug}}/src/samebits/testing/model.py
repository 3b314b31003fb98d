"""What model.py must guarantee for results to have the same bits everywhere."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..data.fields import Arrays
from ..data.shards import rows
from ..training.microbatch import check
from ..training.network import built
from ..training.predict import outputs
from ..training.target_base import target_of
from .base import Checks, check_section, copied, disturb, extreme, reproducibility, yours


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
        arrays = copied(self.examples(4).arrays)
        before = copied(arrays)
        first = yours().model.inputs(arrays)
        same = all(np.array_equal(array, arrays[name]) for name, array in before.items())
        assert same, "`inputs` changes the stored arrays; it must copy them"
        disturb()
        for name, value in yours().model.inputs(arrays).items():
            same = torch.equal(value, first[name])
            assert same, f"`inputs` returns different `{name}` for the same arrays"

    def test_an_answer_depends_on_its_example_alone(self) -> None:
        """Not on the number of other examples, on which they are, or on its position."""
        arrays = self.examples(40).arrays
        whole, order = self._answers(rows(arrays, slice(None))), np.arange(40)[::-1].copy()
        said = "the answer for an example changes with {}; does `inputs` or a layer mix examples?"
        few, turned = (self._answers(rows(arrays, chosen)) for chosen in (slice(7), order))
        assert (few == whole[:7]).all(), said.format("the number of examples")
        assert (turned == whole[order]).all(), said.format("its position")
        others = rows(arrays, np.zeros(40, dtype=np.int64))
        assert (self._answers(others)[0] == whole[0]).all(), said.format("the other examples")

    def test_answers_are_finite(self) -> None:
        for kind, arrays in extreme(copied(self.examples(3).arrays)).items():
            finite = np.isfinite(self._answers(arrays)).all()
            assert finite, f"an example with only {kind} values gives NaN or infinity"

    def test_no_layer_keeps_statistics_of_the_batch(self) -> None:
        shards = reproducibility().shards
        check(self._network(0), shards, shards)

    def _network(self, seed: int) -> torch.nn.Module:
        disturb()
        settings = replace(reproducibility(), seed=seed)
        return built(yours().model, self.examples(4), 0.0, settings)

    def _weights(self, seed: int) -> dict[str, torch.Tensor]:
        return self._network(seed).state_dict()

    def _answers(self, arrays: Arrays) -> NDArray[Any]:
        form, chunk = target_of(self.examples(1)).form, reproducibility().chunk
        given = outputs(self._network(0), yours().model.inputs, arrays, form, chunk)
        parts = [chunk_outputs.numpy() for _, chunk_outputs in given]
        return np.concatenate(parts)[: len(next(iter(arrays.values())))]
