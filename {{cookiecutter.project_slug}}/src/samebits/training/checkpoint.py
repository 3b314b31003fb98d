"""Checkpoints: everything training needs to resume as if it had never stopped.

A file is a line with the SHA-256 of the rest, a line of JSON (identity and progress), and tensors
in the safetensors format. It is written atomically and read without pickle. Its name begins
with a hash of the identity, so runs with different parameters do not share checkpoints.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load as from_bytes
from safetensors.torch import save
from torch import Tensor, nn

from ..console.errors import UserError
from ..core.files import write_bytes
from .kept_weights import KeptWeights

FOLDER = Path("checkpoints")  # audit: each names its identity, and only that run uses it
KEPT = 2


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of training: steps done, and the losses and curves measured so far."""

    step: int
    losses: list[float]
    curves: list[list[float]]


def write(
    folder: Path,
    identity: Mapping[str, Any],
    progress: Progress,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    kept: KeptWeights | None = None,
) -> None:
    """Write a checkpoint, then remove all but the newest two of this identity.

    Raises:
        UserError: it cannot be written, for example because the disk is full; earlier checkpoints
            are kept.
    """
    tensors = {f"network/{name}": value for name, value in network.state_dict().items()}
    for number, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{number}/{name}": value for name, value in state.items()}
    if kept is not None:
        tensors |= {f"kept/{name}": value for name, value in kept.state().items()}
    # A float32 holds a loss exactly, in a tenth of the space of JSON.
    tensors["losses"] = torch.tensor(progress.losses, dtype=torch.float32)
    payload = save({name: value.detach().cpu().contiguous() for name, value in tensors.items()})
    header = {"identity": identity, "step": progress.step, "curves": progress.curves}
    body = json.dumps(header).encode() + b"\n" + payload
    path = folder / f"{run_name(identity)}-{progress.step:09d}.ckpt"
    try:
        write_bytes(path, hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
    except OSError as error:
        raise UserError(
            f"{path} could not be written ({error.strerror or error}); make room and run again: "
            "training resumes from the checkpoint before it."
        ) from None
    for old in sorted(folder.glob(f"{run_name(identity)}-*.ckpt"))[:-KEPT]:
        old.unlink()


def newest(folder: Path, identity: Mapping[str, Any]) -> bytes | None:
    """Return the content of the newest sound checkpoint of this identity, or None.

    A damaged checkpoint, or one of another identity, is skipped with a line that says so.
    """
    for path in sorted(folder.glob("*.ckpt"), reverse=True):
        checksum, _, body = path.read_bytes().partition(b"\n")
        if checksum != hashlib.sha256(body).hexdigest().encode():
            _say(f"{path} is damaged; trying the one before it")
            continue
        header = json.loads(body.partition(b"\n")[0])
        if header["identity"] != identity:
            different = _difference(header["identity"], identity)
            _say(f"{path} is not used: it has another {different}")
            continue
        _say(f"resuming after step {header['step']}, from {path}")
        return body
    return None


def load(
    body: bytes,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    kept: KeptWeights | None = None,
) -> Progress:
    """Load what `newest` returned into the other arguments; return the progress."""
    line, _, payload = body.partition(b"\n")
    header, tensors = json.loads(line), from_bytes(payload)
    losses = tensors.pop("losses").tolist()
    weights: dict[str, Tensor] = {}
    others: dict[str, Tensor] = {}
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        owner, _, name = key.partition("/")
        if owner == "network":
            weights[name] = value
        elif owner == "kept":
            others[name] = value
        else:
            number, _, name = name.partition("/")
            state.setdefault(int(number), {})[name] = value
    network.load_state_dict(weights)
    if kept is not None:
        kept.load(others)
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
    return Progress(header["step"], losses, header["curves"])


def remove(folder: Path, identity: Mapping[str, Any]) -> None:
    """Remove the checkpoints of a finished run, so that a repeated run starts at its first step.

    Files left by a kill in the middle of writing are removed too.
    """
    for path in sorted(folder.glob(f"*{run_name(identity)}-*.ckpt*")):
        path.unlink()


def run_name(identity: Mapping[str, Any]) -> str:
    """Return a short name for an identity, in which two that differ do."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:12]


def _difference(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> str:
    return ", ".join(name for name in ours if theirs.get(name) != ours[name]) or "form"


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
