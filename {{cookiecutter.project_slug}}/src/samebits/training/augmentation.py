"""Changes of images that keep their bits wherever they are computed."""

import torch
from torch import Tensor


def warp(images: Tensor, angle: Tensor, shift: Tensor, mirror: Tensor) -> Tensor:
    """Rotate, shift and mirror each image; new corners repeat the border.

    Args:
        images: [b, c, h, w].
        angle: of each, in radians [b].
        shift: of each down and across, in parts of the side [b, 2].
        mirror: which are mirrored, left to right [b].
    """
    if not _moved(angle, shift, mirror):
        return images
    return _sample(images, *_places(images.shape, angle, shift, mirror))


def warp_pair(
    images: Tensor, masks: Tensor, angle: Tensor, shift: Tensor, mirror: Tensor
) -> tuple[Tensor, Tensor]:
    """Turn images with their masks [b, h, w], as `warp` does.

    A pixel of a mask takes the class of the nearest one, for between two classes there is none.
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
    """Return where each pixel comes from, down and across in pixels from the first: [b, h, w]."""
    height, width = shape[-2:]
    angle, shift = angle.view(-1, 1, 1), shift.view(-1, 2, 1, 1)
    side = 1 - 2 * mirror.float().view(-1, 1, 1)
    # Pixels' centres as parts of the side, with the middle of the image at 0.
    y = ((torch.arange(height) + 0.5) / height - 0.5).view(1, -1, 1)
    x = ((torch.arange(width) + 0.5) / width - 0.5).view(1, 1, -1) * side
    cosine, sine = angle.cos(), angle.sin()
    across = (x * cosine - y * sine + shift[:, 0] + 0.5) * width - 0.5
    down = (x * sine + y * cosine + shift[:, 1] + 0.5) * height - 0.5
    return down, across


def _nearest(masks: Tensor, down: Tensor, across: Tensor) -> Tensor:
    """Return the masks at the nearest pixels; beyond the border its pixels repeat."""
    height, width = masks.shape[-2:]
    row = (down + 0.5).floor().clamp(0, height - 1).long()
    column = (across + 0.5).floor().clamp(0, width - 1).long()
    return masks.flatten(1).gather(1, (row * width + column).flatten(1)).view_as(masks)


def _sample(images: Tensor, down: Tensor, across: Tensor) -> Tensor:
    """Return the images at places between pixels, bilinear; beyond the border its pixels repeat.

    torch's affine_grid and grid_sample would do, but give other bits on other processors even with
    the kernels that `portable` fixes. Sums and products of single numbers are the same on all.

    Args:
        images: [b, c, h, w].
        down, across: where to look, in pixels from the first: [b, h, w] each.
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
