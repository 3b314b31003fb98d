"""Each image is changed by its own draws, as far as section `augmentation` allows."""

import torch
from handwritten_digits.training import Augmentation, augment
from torch import Tensor

from samebits.data.loader import Batch

IMAGE = torch.arange(16.0).view(1, 1, 4, 4)


def changed(images: Tensor, draws: Tensor, rotation: float, shift: float, flip: bool) -> Tensor:
    settings = Augmentation(rotation=rotation, shift=shift, flip=flip)
    labels = torch.arange(len(images))
    batch = augment(Batch({"image": images}, labels), draws, settings)
    assert batch.target is labels
    return batch.inputs["image"]


def test_flip_mirrors_half() -> None:
    draws = torch.tensor([[0.5, 0.5, 0.5, 0.2], [0.5, 0.5, 0.5, 0.7]])
    moved = changed(IMAGE.expand(2, 1, 4, 4), draws, 0, 0, True)
    torch.testing.assert_close(moved[0], IMAGE[0].flip(-1))
    torch.testing.assert_close(moved[1], IMAGE[0])


def test_shift_is_a_fraction_of_the_side() -> None:
    draws = torch.tensor([[0.5, 1.0, 0.5, 0.9]])
    moved = changed(IMAGE, draws, 0, 0.25, False)
    torch.testing.assert_close(moved[0, 0, :, :3], IMAGE[0, 0, :, 1:])


def test_rotation_is_in_degrees() -> None:
    draws = torch.tensor([[1.0, 0.5, 0.5, 0.9], [0.0, 0.5, 0.5, 0.9]])
    moved = changed(IMAGE.expand(2, 1, 4, 4), draws, 90, 0, False)
    turned = {tuple(torch.rot90(IMAGE[0], k, (1, 2)).flatten().tolist()) for k in (1, 3)}
    assert {tuple(image.flatten().round().tolist()) for image in moved} == turned
