"""`build` may draw from torch's own generator, which is seeded for it; nothing else may."""

from textwrap import dedent
from typing import Any

import pytest

HEAD = "import random\n\nimport numpy as np\nimport torch\nfrom torch import nn\n"
DRAWS = [
    "torch.randn(3)",
    "torch.randperm(3)",
    "nn.init.kaiming_normal_(w)",
    "torch.zeros(3).normal_()",
    "w.uniform_(0, 1)",
]
OTHERS = ["random.random()", "np.random.rand(3)", "torch.seed()", "np.random.default_rng()"]
# A draw is allowed in place of FINE, and refused in place of FAULT.
FILES = {
    "build": """
        def build(model):
            FINE
            return nn.Linear(FINE, lambda: FINE)
        """,
    "what it calls": """
        class Network(nn.Module):
            def __init__(self):
                self._start()
                self.apply(start)
                self.scale = FINE

            def _start(self):
                more()

        def start(layer):
            FINE

        def more():
            FINE

        def build(model):
            return Network()
        """,
    "layers": """
        class Above(nn.Module):
            def __init__(self):
                FINE

        class Mine(Above):
            pass

        class Linear(nn.Linear):
            def reset_parameters(self):
                FINE

        KINDS = {"mine": Mine}

        def build(model):
            return nn.Sequential(KINDS[model.kind](), Linear(3, 3))
        """,
    "forward": """
        class Network(nn.Module):
            def __init__(self):
                one()
                self._two()

            def forward(self, x):
                one()
                self._two()
                return x + FAULT

            def _two(self):
                FAULT

        def one():
            FAULT

        def build(model):
            return Network()
        """,
    "forward of a layer in build": """
        def build(model):
            class Network(nn.Module):
                def __init__(self):
                    FINE

                def forward(self, x):
                    return x + FAULT

            return Network()
        """,
    "what runs without it": """
        NOISE = FAULT

        class Network(nn.Module):
            noise = FAULT

            def __init__(self):
                FAULT

        FIRST = Network()

        def aside():
            FAULT

        def build(model):
            return FIRST or Network()
        """,
    "what the engine calls": """
        def inputs(arrays):
            FAULT

        def build(model):
            inputs = {}
            return print(inputs, loss, decode)

        def loss(network, batch, regularization):
            FAULT
        """,
    "names of variables": """
        def block():
            FINE

        class Network(nn.Module):
            def __init__(self) -> None:
                self.blocks = [block()]

            def forward(self, x, one: block):
                for block in self.blocks:
                    x = block(x)
                return x

        def build(model):
            return Network()
        """,
}


def faults(copy: Any, name: str, text: str, draw: str) -> tuple[list[int], list[int]]:
    """Write a user's file; return the lines with faults, and those where they are found."""
    lines = (HEAD + dedent(text)).split("\n")
    wanted = [number for number, line in enumerate(lines, 1) if "FAULT" in line]
    written = "\n".join(lines).replace("FAULT", draw).replace("FINE", draw)
    copy.write(f"{copy.package}/{name}", written)
    findings = copy.new().get("randomness", [])
    return wanted, [
        finding.line for finding in findings if finding.path == f"{copy.package}/{name}"
    ]


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("kind", FILES)
def test_where_a_draw_is_allowed(copy: Any, kind: str, draw: str) -> None:
    wanted, faulty = faults(copy, "model.py", FILES[kind], draw)
    assert faulty == wanted


@pytest.mark.parametrize("name", ["inputs", "augment", "loss", "schedule", "fields", "decode"])
def test_what_the_engine_calls_by_name_is_not_of_build(copy: Any, name: str) -> None:
    """Although `build` calls it too, and with it whatever that calls."""
    text = f"""
        def start():
            FAULT

        def {name}(given):
            start()

        def build(model):
            return {name}(start())
        """
    wanted, faulty = faults(copy, "model.py", text, DRAWS[0])
    assert faulty == wanted


def test_what_a_call_of_a_layer_draws_is_not_of_build(copy: Any) -> None:
    text = """
        class Network(nn.Module):
            def __call__(self, x):
                return start() + FAULT

        def start():
            FAULT

        def build(model):
            start()
            return Network()
        """
    wanted, faulty = faults(copy, "model.py", text, DRAWS[0])
    assert faulty == wanted


@pytest.mark.parametrize("draw", OTHERS)
def test_what_else_build_may_not(copy: Any, draw: str) -> None:
    wanted, faulty = faults(copy, "model.py", "def build(model):\n    FAULT\n", draw)
    assert faulty == wanted


@pytest.mark.parametrize("name", ["training.py", "data.py", "metrics.py"])
def test_a_function_of_that_name_in_another_file(copy: Any, name: str) -> None:
    wanted, faulty = faults(copy, name, "def build(model):\n    FAULT\n", DRAWS[0])
    assert faulty == wanted


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("from .layers import Mine", "Mine()"),
        ("from .layers import Mine as Own", "Own()"),
        ("from . import layers", "layers.Mine()"),
    ],
)
def test_a_layer_in_another_file_of_yours(copy: Any, line: str, call: str) -> None:
    model = f"{line}\ndef build(model):\n    return {call}\n"
    copy.write(f"{copy.package}/model.py", model)
    layer = """
        class Mine(nn.Module):
            def __init__(self):
                FINE

            def forward(self, x):
                FAULT
        """
    wanted, faulty = faults(copy, "layers.py", layer, DRAWS[0])
    assert faulty == wanted
    copy.write(f"{copy.package}/training.py", f"{line}\ndef augment(batch):\n    {call}\n")
    wanted, faulty = faults(copy, "layers.py", layer.replace("FINE", "FAULT"), DRAWS[0])
    assert faulty == wanted


def test_the_engine_may_not(copy: Any, plant: Any) -> None:
    plant("randomness", "import torch\n\n\ndef build():\n    torch.randn(3)")
