"""torch's own switches: a missing device, operators that it refuses."""

import pytest
import torch

from samebits.console.errors import UserError
from samebits.core import kernels


@pytest.mark.parametrize(("device", "name"), [("cuda", "CUDA"), ("mps", "Metal")])
def test_a_device_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, device: str, name: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(UserError, match=f"device is {device}, but torch finds no {name}"):
        kernels.configure("portable", 1, device)


def unpool() -> None:
    places = torch.zeros(1, 1, 2, 2, dtype=torch.long)
    torch.nn.functional.max_unpool2d(torch.ones(1, 1, 2, 2), places, [2, 2])


def test_an_operator_without_a_deterministic_form_is_refused() -> None:
    said = r"^max_unpooling2d\w* of the network .*; use nn\.ConvTranspose2d, or set "
    with pytest.raises(UserError, match=said), kernels.refusing():
        unpool()


@pytest.mark.parametrize("operator", ["grid_sampler_2d_backward_cuda", "nobody_knows"])
def test_each_has_a_way_out(operator: str) -> None:
    words = f"{operator} does not have a deterministic implementation, but you set"
    said = rf"^{operator} of .*; use "
    with pytest.raises(UserError, match=said) as refusal, kernels.refusing():
        raise RuntimeError(words)
    assert ("gather" in str(refusal.value)) == operator.startswith("grid")


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="shapes"), kernels.refusing():
        raise RuntimeError("shapes do not fit")
