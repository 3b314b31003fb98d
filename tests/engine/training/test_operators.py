"""Operators without the same bits on every processor are refused, by name, before training."""

import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import PYTHONPATH
from handwritten_digits import training as training_file
from handwritten_digits.model import Network
from torch import Tensor, nn
from torch.nn import functional

from samebits.console.errors import UserError
from samebits.core import operators
from samebits.core.operators import check_optimizer, portable
from samebits.core.sections import Reproducibility
from samebits.training import loop

Call = Callable[[Tensor], Any]
X = torch.linspace(0.1, 0.9, 24).view(4, 6)
OPERATORS: dict[str, Call] = {
    "torch.sqrt": lambda x: x.sqrt(),
    "torch.sqrt ": lambda x: x.clone().sqrt_(),
    "torch.sqrt  ": lambda x: torch.sqrt(x, out=torch.empty(4, 6)),
    "torch.sqrt   ": lambda x: torch._foreach_sqrt([x]),
    "x ** 0.5": lambda x: x**0.5,
    "x ** 0.5 ": lambda x: x.clone().pow_(0.5),
    "x ** 0.5  ": lambda x: torch.float_power(x, 0.5),
    "x ** 0.5   ": lambda x: torch._foreach_pow([x, x], [2.0, 0.5]),
    "x ** 0.5    ": lambda x: functional.lp_pool1d(x, 2.0, 2),
    "torch.acos": torch.acos,
    "torch.asin": torch.arcsin,
    "torch.atan": lambda x: x.clone().arctan_(),
    "torch.log10": torch.log10,
    "torch.tan": torch.tan,
    "torch.erfc": torch.special.erfc,
    "torch.erfinv": torch.erfinv,
    "torch.cdist": lambda x: torch.cdist(x, x + 1),
    "torch.cdist ": lambda x: torch.cdist(x.repeat(10, 1), x.repeat(10, 1) + 1),
    "nn.LSTM": lambda x: nn.LSTM(6, 5)(x),
    "grid_sample": lambda x: functional.grid_sample(
        x.view(1, 1, 4, 6), x.view(1, 3, 4, 2), align_corners=False
    ),
    "grid_sample ": lambda x: functional.grid_sample(
        x.view(1, 1, 2, 2, 6), x.view(1, 2, 2, 2, 3), align_corners=False
    ),
}
REPLACED: dict[str, tuple[Call, Call]] = {
    "root": (lambda x: x * x.rsqrt(), torch.sqrt),
    "norm": (lambda x: torch.linalg.vector_norm(x, dim=1), lambda x: (x * x).sum(1).sqrt()),
    "acos": (lambda x: torch.atan2((1 - x * x) * (1 - x * x).rsqrt(), x), torch.acos),
    "asin": (lambda x: torch.atan2(x, (1 - x * x) * (1 - x * x).rsqrt()), torch.asin),
    "atan": (lambda x: torch.atan2(x, torch.ones_like(x)), torch.atan),
    "log10": (lambda x: torch.log2(x) * math.log10(2), torch.log10),
    "tan": (lambda x: torch.sin(x) / torch.cos(x), torch.tan),
    "erfc": (lambda x: 1 - torch.erf(x), torch.erfc),
    "erfinv": (lambda x: torch.special.ndtri((x + 1) / 2) * 0.5**0.5, torch.erfinv),
}


def section(level: str = "portable", device: str = "cpu") -> Reproducibility:
    return Reproducibility(seed=0, level=level, device=device, threads=1, shards=1, chunk=8)


@pytest.mark.parametrize("said", OPERATORS)
def test_an_operator_is_refused_by_name(said: str) -> None:
    expected = f"takes {said.strip().replace('*', '[*]')}, whose last bits differ .* use "
    with pytest.raises(UserError, match=expected), portable(nn.Identity(), section()):
        OPERATORS[said](X)


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is")
def test_a_script_is_refused_as_what_it_holds() -> None:
    """TorchScript wraps errors raised inside in its own."""
    scripted = torch.jit.script(_root)
    expected = r"^the network takes torch\.sqrt, .* use "
    with pytest.raises(UserError, match=expected), portable(nn.Identity(), section()):
        scripted(X)


def _root(x: torch.Tensor) -> torch.Tensor:
    return x.sqrt()


@pytest.mark.parametrize(
    ("level", "device"), [("machine", "cpu"), ("off", "cpu"), ("portable", "cuda")]
)
def test_only_where_bits_must_be_the_same_everywhere(level: str, device: str) -> None:
    with portable(nn.Identity(), section(level, device)):
        for call in OPERATORS.values():
            call(X)
    check_optimizer(torch.optim.RMSprop(nn.Linear(2, 2).parameters()), section(level, device))


@pytest.mark.parametrize("name", REPLACED)
def test_what_is_said_to_use_instead_is_the_same_and_passes(name: str) -> None:
    use, instead_of = REPLACED[name]
    expected = instead_of(X)
    inputs = X.clone().requires_grad_()
    with portable(nn.Identity(), section()):
        output = use(inputs)
        output.sum().backward()
    torch.testing.assert_close(output, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.filterwarnings("ignore:TF32 acceleration")
def test_other_recurrent_layers_pass() -> None:
    with portable(nn.Identity(), section()):
        for layer in (nn.GRU(6, 5), nn.LSTMCell(6, 5), nn.GRUCell(6, 5)):
            layer(X)
        with torch.backends.mkldnn.flags(enabled=False):
            nn.LSTM(6, 5)(X)


def test_what_only_the_backward_pass_takes() -> None:
    inputs = X.clone().requires_grad_()
    expected = r"the backward pass takes x [*][*] 0.5, .* use x [*] x.rsqrt"
    with pytest.raises(UserError, match=expected), portable(nn.Identity(), section()):
        (inputs**1.5).sum().backward()  # type: ignore[no-untyped-call]


def test_the_layer_is_named() -> None:
    network = nn.Sequential(nn.Linear(6, 6), nn.Sequential(nn.LSTM(6, 5)))
    said = r"layer '1\.0' of the network, a LSTM, takes nn\.LSTM"
    with pytest.raises(UserError, match=said), portable(network, section()):
        network(X)


def rooted() -> dict[str, torch.optim.Optimizer]:
    kinds = ("Adadelta", "Adagrad", "Adam", "AdamW", "NAdam", "RAdam", "RMSprop")
    weights = nn.Linear(2, 2).parameters
    return {kind: getattr(torch.optim, kind)(weights()) for kind in kinds}


@pytest.mark.parametrize("kind", rooted())
def test_an_optimizer_that_takes_roots(kind: str) -> None:
    expected = f"the optimizer {kind} takes square roots, .* use fused Adam"
    with pytest.raises(UserError, match=expected):
        check_optimizer(rooted()[kind], section())


def test_other_optimizers_pass() -> None:
    layer = nn.Linear(6, 6)
    kinds = torch.optim
    chosen: list[torch.optim.Optimizer] = [
        kinds.SGD(layer.parameters(), momentum=0.9),
        *(kind(layer.parameters(), fused=True) for kind in (kinds.Adam, kinds.AdamW)),
        kinds.Adagrad(layer.parameters(), fused=True),
        *(kind(layer.parameters()) for kind in (kinds.Adamax, kinds.Adafactor, kinds.Rprop)),
        kinds.ASGD(layer.parameters()),
        kinds.Muon([layer.weight]),
    ]
    for optimizer in chosen:
        layer(X).sum().backward()
        check_optimizer(optimizer, section())
        with portable(layer, section()):
            optimizer.step()


class Own(torch.optim.SGD):
    """Represents a user's own optimizer."""

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for parameter in self.param_groups[0]["params"]:
            parameter.data -= 0.01 * parameter.grad / (parameter.grad.square().sqrt() + 1e-8)


def test_the_first_step_refuses_it_wherever_it_stands(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(sentence: str, place: Any, name: str, value: Any) -> None:
        with monkeypatch.context() as patch, pytest.raises(UserError, match=sentence):
            patch.setattr(place, name, value)
            run()

    forward, loss = Network.forward, functional.cross_entropy
    warp: Any = vars(training_file)["warp"]

    def rooted(self: Network, image: Tensor) -> Tensor:
        return forward(self, image).exp().sqrt()

    def only_in_training(self: Network, image: Tensor) -> Tensor:
        return rooted(self, image) if self.training else forward(self, image)

    def backward(self: Network, image: Tensor) -> Tensor:
        return forward(self, image).exp() ** 1.5

    network = r"the network, a Network, takes torch\.sqrt"
    refuses(network, Network, "forward", rooted)
    refuses(network, Network, "forward", only_in_training)
    refuses("the backward pass takes x", Network, "forward", backward)
    own = r"/training\.py:\d+: the code there takes torch\.sqrt"
    with monkeypatch.context() as patch:
        # In a project the user's files are next to the engine.
        patch.setattr(operators, "SOURCES", Path(training_file.__file__).resolve().parents[1])
        rooted_loss = lambda *given, **more: loss(*given, **more).sqrt()  # noqa: E731
        refuses(own, functional, "cross_entropy", rooted_loss)
        refuses(own, training_file, "warp", lambda *given: warp(*given).abs().sqrt())
    refuses(
        r"samebits/training/loop\.py:\d+: the code there takes torch\.sqrt",
        training_file,
        "loss",
        lambda network, batch, _: network(**batch.inputs).exp().sqrt().mean(),
    )
    refuses("the optimizer Own takes", loop, "build", lambda net, *_: Own(net.parameters(), 0.1))


def test_looking_moves_no_bit_and_is_done_once(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = run("watched", epochs=1)
    plain = run("plain", epochs=1, level="machine")
    assert watched == plain
    seen = 0

    def called(func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        nonlocal seen
        seen += 1
        return func(*args, **kwargs or {})

    counts = []
    kind = type(portable(nn.Identity(), section()))
    monkeypatch.setattr(kind, "__torch_dispatch__", lambda _, *given: called(*given))
    for epochs in (1, 3):
        seen = 0
        run(str(epochs), epochs=epochs)
        counts.append(seen)
    assert counts[0] == counts[1] > 0


def test_looking_does_not_import_the_compiler() -> None:
    """It takes seconds."""
    code = (
        "import sys, torch\n"
        "from samebits.core.sections import Reproducibility\n"
        "from samebits.core.operators import portable\n"
        "section = Reproducibility("
        "seed=0, level='portable', device='cpu', threads=1, shards=1, chunk=8)\n"
        "with portable(torch.nn.Identity(), section):\n"
        "    torch.ones(3, requires_grad=True).exp().sum().backward()\n"
        "print('torch._dynamo' in sys.modules)\n"
    )
    environment = os.environ | {"PYTHONPATH": PYTHONPATH}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"


def test_a_loss_that_compares_each_answer_with_every_target(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def loss(network: nn.Module, batch: Any, _: Any) -> Tensor:
        return functional.mse_loss(network(**batch.inputs)[:, :1], batch.target.float())

    with monkeypatch.context() as patch, pytest.raises(UserError, match="Using a target size"):
        patch.setattr(training_file, "loss", loss)
        run()
