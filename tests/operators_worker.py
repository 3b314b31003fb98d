"""Run each operator that the project's README calls safe, and print the digest of what it gave.

    python operators_worker.py      (inside a built project; started by test_operators.py)

Forward and backward, at level portable, where what is not safe is refused.
"""

import hashlib
import importlib
import inspect
import json
from collections.abc import Callable
from functools import partial
from typing import Any

determinism = importlib.import_module("samebits.core.determinism")
determinism.choose("portable", 1)
torch = importlib.import_module("torch")
importlib.import_module("samebits.core.kernels").configure("portable", 1, "cpu")
operators = importlib.import_module("samebits.core.operators")
sections = importlib.import_module("samebits.core.sections")
optimizers = importlib.import_module("samebits.training.optimizer")
nn, functional = torch.nn, torch.nn.functional

UNARY = "abs exp log log2 log1p expm1 sin cos tanh sigmoid erf rsqrt reciprocal square"
ACTIVATIONS = "relu gelu silu softplus elu leaky_relu mish hardswish logsigmoid"
NORMS = "LayerNorm GroupNorm RMSNorm InstanceNorm2d BatchNorm2d"
LOSSES = "MSELoss L1Loss SmoothL1Loss HuberLoss BCELoss BCEWithLogitsLoss KLDivLoss"


def main() -> None:
    """Print one JSON object: a digest for each name."""
    section = sections.Reproducibility(
        seed=0, level="portable", device="cpu", threads=1, shards=1, chunk=1
    )
    digests = {}
    for name, call in cases().items():
        torch.manual_seed(0)
        with operators.portable(nn.Identity(), section):
            digests[name] = digest(call())
    print(json.dumps(digests))


def digest(tensors: Any) -> str:
    """Return the SHA-256 of tensors."""
    made = hashlib.sha256()
    for tensor in tensors:
        made.update(tensor.detach().contiguous().numpy().tobytes())
    return made.hexdigest()


def drawn(*shape: int) -> Any:
    """Return numbers between 0.05 and 0.95 that require a gradient."""
    return (0.05 + 0.9 * torch.rand(*shape)).requires_grad_()


def both(function: Callable[..., Any], *inputs: Any) -> list[Any]:
    """Return what a function or layer gives, and the gradient of each input and weight."""
    output = function(*inputs)
    output = output[0] if isinstance(output, tuple) else output
    weights = function.parameters() if isinstance(function, nn.Module) else ()
    wanted = [value for value in (*inputs, *weights) if value.requires_grad]
    pulled = (output * torch.rand_like(output)).sum()
    return [output, *torch.autograd.grad(pulled, wanted, materialize_grads=True)]


def cases() -> dict[str, Callable[[], list[Any]]]:
    """Return for each name a function that runs it."""
    callables: dict[str, Callable[[], list[Any]]] = {}

    def add(name: str, make: Callable[[], Any], *shapes: tuple[int, ...]) -> None:
        callables[name] = lambda: both(make(), *(drawn(*shape) for shape in shapes))

    rows, image, text = (7, 40), (3, 8, 13, 13), (3, 9, 40)
    for name in UNARY.split():
        add(name, partial(getattr, torch, name), (999,))
    for name in ACTIVATIONS.split():
        add(name, partial(getattr, functional, name), (999,))
    for name in ("softmax", "log_softmax", "logsumexp", "std", "var", "mean", "sum", "amax"):
        add(name, partial(partial, getattr(torch, name), dim=1), rows)
    add("atan2", lambda: torch.atan2, (999,), (999,))
    add("x ** 3", lambda: lambda x: x**3, (999,))
    add("vector_norm", lambda: lambda x: torch.linalg.vector_norm(x, dim=1), rows)
    add("normalize", lambda: functional.normalize, rows)
    add("cosine_similarity", lambda: functional.cosine_similarity, rows, rows)
    add("matmul", lambda: torch.matmul, rows, (40, 33))
    add("bmm", lambda: torch.bmm, (5, 7, 40), (5, 40, 33))
    add("einsum", lambda: lambda a, b: torch.einsum("bik,bjk->bij", a, b), (5, 7, 40), (5, 9, 40))
    add("scaled_dot_product_attention", lambda: attention, (2, 4, 70, 16), (2, 4, 70, 16))
    add("interpolate", lambda: enlarged, image)
    add("Linear", lambda: nn.Linear(40, 33), rows)
    add("Conv1d", lambda: nn.Conv1d(9, 12, 3), text)
    add("Conv2d", lambda: nn.Conv2d(8, 16, 3, padding=1), image)
    add("Conv3d", lambda: nn.Conv3d(2, 4, 3), (2, 2, 6, 6, 6))
    add("ConvTranspose2d", lambda: nn.ConvTranspose2d(8, 6, 2, stride=2), image)
    for name, given in zip(NORMS.split(), (40, (2, 8), 40, 8, 8), strict=True):
        shape = text if name in ("LayerNorm", "RMSNorm") else image
        given = given if isinstance(given, tuple) else (given,)
        add(name, partial(getattr(nn, name), *given), shape)
    add("MaxPool2d", lambda: nn.MaxPool2d(2), image)
    add("AvgPool2d", lambda: nn.AvgPool2d(2), image)
    add("AdaptiveAvgPool2d", lambda: nn.AdaptiveAvgPool2d(3), image)
    add("Dropout", lambda: nn.Dropout(0.3), rows)
    add("MultiheadAttention", lambda: nn.MultiheadAttention(40, 4), text, text, text)
    add("TransformerEncoderLayer", lambda: nn.TransformerEncoderLayer(40, 4, 64), text)
    for name in ("GRU", "RNN"):
        add(name, partial(getattr(nn, name), 40, 24), text)
    for name in ("GRUCell", "LSTMCell"):
        add(name, partial(getattr(nn, name), 40, 24), rows)
    for name in LOSSES.split():
        add(name, partial(getattr(nn, name), reduction="none"), rows, rows)
    numbers = torch.arange(60).view(5, 12) % 7
    add("Embedding", lambda: lambda weight: functional.embedding(numbers, weight), (7, 24))
    labels = torch.arange(7)
    add("CrossEntropyLoss", lambda: lambda x: functional.cross_entropy(x, labels), rows)
    add("Linear in bfloat16", lambda: Mixed(nn.Linear(40, 33)), rows)
    add("Conv2d in bfloat16", lambda: Mixed(nn.Conv2d(8, 16, 3, padding=1)), image)
    add("ConvTranspose2d in bfloat16", lambda: Mixed(nn.ConvTranspose2d(8, 6, 2, stride=2)), image)
    add("GroupNorm in bfloat16", lambda: Mixed(nn.GroupNorm(2, 8)), image)
    add("TransformerEncoderLayer in bfloat16", lambda: Mixed(encoder()), text)
    add("GRU in bfloat16", lambda: Mixed(nn.GRU(40, 24)), text)
    for name, options in OPTIMIZERS.items():
        title = f"{name} (fused)" if "fused" in options else name
        callables[title] = partial(trained, name, options)
    return callables


class Mixed(nn.Module):  # type: ignore[misc, name-defined]
    """A layer in mixed precision, as `optimization.precision: bfloat16` has it."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, given: Any) -> Any:
        """Return what the layer gives."""
        with torch.autocast("cpu", torch.bfloat16):
            output = self.layer(given)
        return (output[0] if isinstance(output, tuple) else output).float()


def encoder() -> Any:
    """Return a layer of a transformer."""
    return nn.TransformerEncoderLayer(40, 4, 64)


def attention(queries: Any, keys: Any) -> Any:
    """Return attention with the keys as values."""
    return functional.scaled_dot_product_attention(queries, keys, keys)


def enlarged(images: Any) -> Any:
    """Return images twice as large, in two ways."""
    smooth = functional.interpolate(images, scale_factor=2, mode="bilinear", align_corners=False)
    return smooth + functional.interpolate(images, scale_factor=2, mode="nearest")


OPTIMIZERS: dict[str, dict[str, Any]] = {
    "SGD": {"momentum": 0.9, "nesterov": True},
    "Adam": {"fused": True},
    "AdamW": {"fused": True},
    "Adagrad": {"fused": True},
    **{name: {} for name in ("Adamax", "Adafactor", "Muon", "Rprop", "ASGD")},
}


def trained(name: str, options: dict[str, Any]) -> list[Any]:
    """Return the weights after eight steps."""
    weights = nn.Parameter(torch.rand(33, 40))
    # As the project makes its own: without torch's compiler, minutes to import under emulation.
    kind = getattr(torch.optim, name)
    step = torch.no_grad()(inspect.unwrap(kind.step))
    plain = type(name, (optimizers._Plain, kind), {"step": step})
    optimizer = plain([weights], lr=0.01, **options)
    for _ in range(8):
        weights.grad = torch.rand(33, 40) - 0.5
        optimizer.step()
    return [weights]


if __name__ == "__main__":
    main()
