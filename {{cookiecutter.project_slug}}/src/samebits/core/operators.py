"""Operators whose last bits differ between processors, which are refused if bits must be equal.

With `determinism.PORTABLE`, torch's own kernels, MKL's products and oneDNN's convolutions give the
same bits everywhere. MKL's vector mathematics and oneDNN's LSTM choose by the processor, whatever
is set: measured between processors with AVX-512 and with AVX2.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from traceback import walk_stack
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from ..console.errors import UserError
from .sections import Reproducibility

HERE = Path(__file__).resolve()
SOURCES = HERE.parents[2]  # the engine, and the files that are yours
ROOT = "x * x.rsqrt() for x > 0, or torch.linalg.vector_norm for a norm"
DISTANCE = "a product: |a - b|² is |a|² + |b|² - 2 a·b"
SAMPLING = "sampling with gather, as training/augmentation.py does"
# By torch's name, also for in-place and backward forms: its usual name, and what to use instead.
REFUSED = {
    "sqrt": ("torch.sqrt", ROOT),
    "pow": ("x ** 0.5", ROOT),
    "acos": ("torch.acos", "torch.atan2(r * r.rsqrt(), x) with r = 1 - x * x"),
    "asin": ("torch.asin", "torch.atan2(x, r * r.rsqrt()) with r = 1 - x * x"),
    "atan": ("torch.atan", "torch.atan2(x, torch.ones_like(x))"),
    "log10": ("torch.log10", "torch.log2(x) * math.log10(2)"),
    # These three were not compared, but use kernels of the same library as those above.
    "tan": ("torch.tan", "torch.sin(x) / torch.cos(x)"),
    "erfc": ("torch.erfc", "1 - torch.erf(x)"),
    "erfinv": ("torch.erfinv", "torch.special.ndtri((x + 1) / 2) * 0.5**0.5"),
    "mkldnn_rnn_layer": (
        "nn.LSTM",
        "nn.GRU, nn.LSTMCell, or torch.backends.mkldnn.flags(enabled=False) around its forward",
    ),
    "grid_sampler_2d": ("grid_sample", SAMPLING),
    "grid_sampler_3d": ("grid_sample", SAMPLING),
    "cdist_forward": ("torch.cdist", DISTANCE),
    "euclidean_dist": ("torch.cdist", DISTANCE),  # from 26 rows on
}
# These take such roots; their fused forms have their own kernels.
ROOTED = frozenset({"Adadelta", "Adagrad", "Adam", "AdamW", "NAdam", "RAdam", "RMSprop"})
OPTIMIZERS = "fused Adam(W), SGD, Adamax, Adafactor or Muon"


def portable(
    network: nn.Module, reproducibility: Reproducibility
) -> AbstractContextManager[object]:
    """Return a context that refuses operators without the same bits everywhere.

    It sees each operator, also in backward passes and optimizers, at a cost of microseconds each,
    so check only the first of repeated steps. It changes no bit. It refuses nothing below level
    portable, or on a GPU.

    Args:
        network: its layers are named.
        reproducibility: the config section.

    Raises:
        UserError: inside the context, such an operator runs.
    """
    return _Refusing(network) if _asked(reproducibility) else nullcontext()


def check_optimizer(optimizer: torch.optim.Optimizer, reproducibility: Reproducibility) -> None:
    """Refuse an optimizer whose roots have differing bits, for some only after several steps.

    Raises:
        UserError: the optimizer is one of these, and not fused.
    """
    rooted = {kind.__name__ for kind in type(optimizer).__mro__} & ROOTED
    fused = all(group.get("fused") for group in optimizer.param_groups)
    if _asked(reproducibility) and rooted and not fused:
        raise UserError(_sentence(f"the optimizer {type(optimizer).__name__}", *_ROOTS))


def refused(operator: str, arguments: Sequence[Any] = ()) -> tuple[str, str] | None:
    """Return the usual name of a refused `operator`, and what to use instead.

    Args:
        operator: torch's name, such as `sqrt_`, `_foreach_sqrt` or `mkldnn_rnn_layer_backward`.
        arguments: those of the call; of powers, only the root is refused.
    """
    name = operator.removeprefix("_foreach_").strip("_").removesuffix("_backward")
    if name == "pow" and not _is_half(arguments[1]):
        return None
    return REFUSED.get(name)


_ROOTS = ("square roots", OPTIMIZERS)


class _Refusing(TorchDispatchMode):  # type: ignore[no-untyped-call]
    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # otherwise torch imports its compiler, for seconds, to skip it

    def __init__(self, network: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._network = network
        self._refusal: UserError | None = None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        super().__exit__(kind, error, trace)  # type: ignore[no-untyped-call]
        if self._refusal and error is not self._refusal:  # TorchScript wraps errors raised in it
            raise self._refusal from None

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        refusal = refused(getattr(func, "overloadpacket", func).__name__, args)
        if refusal is not None:
            self._refusal = UserError(_said(self._network, *refusal))
            raise self._refusal
        return func(*args, **kwargs or {})


def _asked(reproducibility: Reproducibility) -> bool:
    return reproducibility.level == "portable" and reproducibility.device == "cpu"


def _is_half(exponent: Any) -> bool:
    if isinstance(exponent, (list, tuple)):
        return any(map(_is_half, exponent))
    return isinstance(exponent, float) and exponent == 0.5


def _said(network: nn.Module, operator: str, instead: str) -> str:
    """Return who called `operator`, from the frames on the stack: layer or function, file, line."""
    names = {id(layer): name for name, layer in network.named_modules()}
    who, place = "", ""
    for frame, line in walk_stack(None):
        path, owner = Path(frame.f_code.co_filename).resolve(), frame.f_locals.get("self")
        if isinstance(owner, torch.optim.Optimizer):
            return _sentence(f"the optimizer {type(owner).__name__}", *_ROOTS)
        if path.parts[-3:-1] == ("torch", "autograd"):
            who = "the backward pass"
        if id(owner) in names and not who:
            name = names[id(owner)]
            who = f"layer '{name}' of the network" if name else "the network"
            who += f", a {type(owner).__name__},"
        if path.is_relative_to(SOURCES) and path != HERE and not place:
            place = f"{path.relative_to(SOURCES).as_posix()}:{line}"
    # TorchScript has no frames.
    said = f"{place}: {who or 'the code there'}" if place else who or "the network"
    return _sentence(said, operator, instead)


def _sentence(who: str, what: str, instead: str) -> str:
    return (
        f"{who} takes {what}, whose last bits differ between processors; use {instead}, or set "
        "reproducibility.level to machine, which promises the same bits on this machine only."
    )
