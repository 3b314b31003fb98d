"""What a network must keep for its results to be the same bits everywhere."""

import numpy as np
import torch

from ..core.config import read
from ..core.sections import Reproducibility
from ..data.loader import Split, arrays
from ..training.microbatch import check
from ..training.network import built
from ..training.predict import predict
from .made_up import split, yours


class ModelChecks:
    """Checks of `inputs` and `build` in model.py."""

    def examples(self, count: int) -> Split:
        """Return examples to check with; override it to take your own."""
        return split(yours().data, count)

    def test_the_seed_alone_decides_the_first_weights(self) -> None:
        first, second = (self._network(seed) for seed in (0, 0))
        for name, value in first.state_dict().items():
            assert torch.equal(value, second.state_dict()[name]), name

    def test_inputs_leaves_the_stored_arrays_alone(self) -> None:
        images = np.array(self.examples(4).images)
        before = images.copy()
        yours().model.inputs(arrays(images))
        assert (images == before).all()

    def test_an_answer_depends_on_its_example_alone(self) -> None:
        """Not on how many others there are, on which, or on its place among them."""
        examples, chunk = self.examples(40), read(Reproducibility).chunk
        network, inputs = self._network(0), yours().model.inputs
        images, classes = np.array(examples.images), len(examples.classes)
        whole = predict(network, inputs, images, classes, chunk)
        assert (predict(network, inputs, images[:7], classes, chunk) == whole[:7]).all()
        order = np.arange(40)[::-1].copy()
        assert (predict(network, inputs, images[order], classes, chunk) == whole[order]).all()

    def test_no_layer_looks_at_the_batch(self) -> None:
        check(self._network(0), 2 * read(Reproducibility).shards, read(Reproducibility).shards)

    def _network(self, seed: int) -> torch.nn.Module:
        torch.manual_seed(seed)
        return built(yours().model, self.examples(4), 0.0, read(Reproducibility))
