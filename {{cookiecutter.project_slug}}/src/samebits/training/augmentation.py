"""Image augmentation with the same bits on every machine."""

import torch
from torch import Tensor


def warp(images: Tensor, angle: Tensor, shift: Tensor, mirror: Tensor) -> Tensor:
    """Rotate, shift and mirror each image; new corners repeat the border.

    Args:
        images: [b, c, h, w].
        angle: rotation of each image, in radians [b].
        shift: shift of each image down and across, as fractions of the side [b, 2].
        mirror: which images are mirrored, left to right [b].
    """
    if not _moved(angle, shift, mirror):
        return images
    return _sample(images, *_places(images.shape, angle, shift, mirror))


def warp_pair(
    images: Tensor, masks: Tensor, angle: Tensor, shift: Tensor, mirror: Tensor
) -> tuple[Tensor, Tensor]:
    """Transform images and their masks [b, h, w] as `warp` does.

    A pixel of a mask takes the nearest pixel's class; classes cannot be interpolated.
    """
    if not _moved(angle, shift, mirror):
        return images, masks
    down, across = _places(images.shape, angle, shift, mirror)
    return _sample(images, down, across), _nearest(masks, down, across)


def _moved(angle: Tensor, shift: Tensor, mirror: Tensor) -> bool:
    return bool(angle.any() or shift.any() or mirror.any())


def _places(
    shape: torch.Size, angle: Tensor, shift: Tensor, mirror: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the source row and column of each pixel, in pixels from the first: [b, h, w] each."""
    height, width = shape[-2:]
    angle, shift = angle.view(-1, 1, 1), shift.view(-1, 2, 1, 1)
    side = 1 - 2 * mirror.float().view(-1, 1, 1)
    # Pixel centres as fractions of the side, with the middle of the image at 0.
    y = ((torch.arange(height) + 0.5) / height - 0.5).view(1, -1, 1)
    x = ((torch.arange(width) + 0.5) / width - 0.5).view(1, 1, -1) * side
    cosine, sine = angle.cos(), angle.sin()
    across = (x * cosine - y * sine + shift[:, 0] + 0.5) * width - 0.5
    down = (x * sine + y * cosine + shift[:, 1] + 0.5) * height - 0.5
    return down, across


def _nearest(masks: Tensor, down: Tensor, across: Tensor) -> Tensor:
    """Return the masks at the nearest pixels; beyond the border, border pixels repeat."""
    height, width = masks.shape[-2:]
    row = (down + 0.5).floor().clamp(0, height - 1).long()
    column = (across + 0.5).floor().clamp(0, width - 1).long()
    return masks.flatten(1).gather(1, (row * width + column).flatten(1)).view_as(masks)


def _sample(images: Tensor, down: Tensor, across: Tensor) -> Tensor:
    """Sample the images between pixels, bilinearly; beyond the border, border pixels repeat.

    torch's affine_grid and grid_sample give different bits on different processors, even with the
    kernels that `portable` fixes. Elementwise sums and products are the same everywhere.

    Args:
        images: [b, c, h, w].
        down, across: where to sample, in pixels from the first: [b, h, w] each.
    """
    height, width = images.shape[-2:]
    down, across = down.clamp(0, height - 1), across.clamp(0, width - 1)
    top, left = down.floor(), across.floor()
    lower, right = (down - top).unsqueeze(1), (across - left).unsqueeze(1)
    rows = top.long(), (top.long() + 1).clamp(max=height - 1)
    columns = left.long(), (left.long() + 1).clamp(max=width - 1)
    flat = images.flatten(2)

    def corner(row: Tensor, column: Tensor) -> Tensor:
        place = (row * width + column).flatten(1).unsqueeze(1)
        return flat.gather(2, place.expand(-1, flat.shape[1], -1)).view_as(images)

    upper_edge = corner(rows[0], columns[0]) * (1 - right) + corner(rows[0], columns[1]) * right
    lower_edge = corner(rows[1], columns[0]) * (1 - right) + corner(rows[1], columns[1]) * right
    return upper_edge * (1 - lower) + lower_edge * lower
