"""The optimizer's groups, and the learning rate as a function of the step."""

import math
from dataclasses import replace

import pytest
import torch
from handwritten_digits.model import Model
from handwritten_digits.model import build as built

from samebits.core.sections import Optimization, Regularization
from samebits.training.optimizer import build, cosine, set_rate

KIND = ("weight", "bias")
KINDS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}


def optimization(name: str = "adamw", rate: float = 0.1, warmup: float = 0.1) -> Optimization:
    return Optimization(
        optimizer=name,
        learning_rate=rate,
        batch_size=1,
        epochs=1,
        warmup=warmup,
        balance=0.0,
        class_weights=0.0,
        clip=0,
    )


REGULARIZATION = Regularization(dropout=0, weight_decay=0.3, label_smoothing=0, early_stopping=0)


def network_of() -> torch.nn.Module:
    model = Model(width=4, depth=1, activation="relu")
    return built(model, {"image": (1, 8, 8)}, 3, 0.0)


@pytest.mark.parametrize("name", KINDS)
def test_only_weights_decay(name: str) -> None:
    network = network_of()
    optimizer = build(network, optimization(name), REGULARIZATION)
    assert type(optimizer).__bases__[1] is KINDS[name]
    decay = {
        id(parameter): group["weight_decay"]
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    for key, value in network.named_parameters():
        assert decay[id(value)] == (0.3 if value.ndim > 1 else 0.0), key
    assert all(group["fused"] for group in optimizer.param_groups)
    assert len(decay) == len(list(network.parameters()))


@pytest.mark.parametrize("name", KINDS)
def test_it_steps_as_torch_does(name: str) -> None:
    own, theirs = (network_of() for _ in "ab")
    theirs.load_state_dict(own.state_dict())
    optimizer = build(own, optimization(name), REGULARIZATION)
    given = [{**group, "params": []} for group in optimizer.param_groups]
    for plain, other in zip(given, optimizer.param_groups, strict=True):
        places = [id(value) for value in other["params"]]
        pairs = zip(own.parameters(), theirs.parameters(), strict=True)
        plain["params"] = [same for value, same in pairs if id(value) in places]
    reference = KINDS[name](given)
    for step in range(4):
        for network, stepped in ((own, optimizer), (theirs, reference)):
            stepped.zero_grad()
            network(torch.linspace(-1, 1, 128).reshape(2, 1, 8, 8)).pow(2).sum().backward()
            set_rate(stepped, 0.01 * (step + 1))
            stepped.step()
        optimizer.load_state_dict(optimizer.state_dict())
    for key, value in own.state_dict().items():
        assert torch.equal(value, theirs.state_dict()[key]), key


def test_frozen_parameters_are_left_out() -> None:
    network = network_of()
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    network.get_parameter("head.weight").requires_grad_(True)
    groups = build(network, optimization(), REGULARIZATION).param_groups
    assert [len(group["params"]) for group in groups] == [1, 0]


def test_warm_up_then_cosine() -> None:
    rates = [cosine(step, 100, optimization(rate=2.0)) for step in range(100)]
    assert rates[:10] == pytest.approx([0.2 * (step + 1) for step in range(10)])
    assert rates[10] == 2.0
    assert rates[55] == pytest.approx(1.0)
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[99] == pytest.approx(1 + math.cos(math.pi * 89 / 90), abs=1e-9)
    assert min(rates) > 0


@pytest.mark.parametrize("steps", [1, 2, 7])
@pytest.mark.parametrize("warmup", [0, 0.5, 0.99])
def test_short_runs(steps: int, warmup: float) -> None:
    rates = [cosine(step, steps, optimization(warmup=warmup)) for step in range(steps)]
    assert max(rates) == 0.1
    assert all(0 < rate <= 0.1 for rate in rates)


def test_the_last_bit_of_a_cosine_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    before = [cosine(step, 1000, optimization()) for step in range(1000)]
    exact = math.cos
    monkeypatch.setattr(math, "cos", lambda value: math.nextafter(exact(value), 2))
    assert before == [cosine(step, 1000, optimization()) for step in range(1000)]


def test_set_rate() -> None:
    network = network_of()
    optimizer = build(network, optimization(), REGULARIZATION)
    set_rate(optimizer, 0.5)
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.5]


class Deep(torch.nn.Module):
    """A stem, three blocks, a layer without weights, a head, and a weight of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.place = torch.nn.Parameter(torch.zeros(2))
        self.stem = torch.nn.Linear(2, 2)
        self.blocks = torch.nn.ModuleList(torch.nn.Linear(2, 2) for _ in range(3))
        self.dropout, self.head = torch.nn.Dropout(0.5), torch.nn.Linear(2, 2)


class Ordered(Deep):
    """It says which layers there are."""

    def levels(self) -> list[torch.nn.Module]:
        return [self.blocks, self.head]


def rates(network: torch.nn.Module, decay: float) -> dict[str, float]:
    chosen = replace(optimization(rate=8.0), layer_decay=decay)
    optimizer = build(network, chosen, REGULARIZATION)
    set_rate(optimizer, 8.0)
    places = {id(w): group["lr"] for group in optimizer.param_groups for w in group["params"]}
    return {name: places[id(weight)] for name, weight in network.named_parameters()}


def test_layers_further_from_the_answer_learn_slower() -> None:
    rate_by_name = rates(Deep(), 0.5)
    names = ("head", "blocks.2", "blocks.1", "blocks.0", "stem")
    expected = {f"{name}.{kind}": 8 / 2**n for n, name in enumerate(names) for kind in KIND}
    assert rate_by_name == expected | {"place": 0.5}


def test_a_network_says_which_layers_it_has() -> None:
    rate_by_name = rates(Ordered(), 0.5)
    assert {name: rate for name, rate in rate_by_name.items() if "weight" in name} == {
        "head.weight": 8.0,
        **{f"blocks.{n}.weight": 4.0 for n in range(3)},
        "stem.weight": 4.0,
    }


def test_without_decay_there_are_two_groups() -> None:
    """In the order of before, which decides the names in checkpoints."""
    network = network_of()
    groups = build(network, optimization(), REGULARIZATION).param_groups
    for group, wide in zip(groups, (True, False), strict=True):
        expected = [id(weight) for weight in network.parameters() if (weight.ndim > 1) == wide]
        assert [id(weight) for weight in group["params"]] == expected
    assert set(rates(network_of(), 1.0).values()) == {8.0}
