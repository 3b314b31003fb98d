"""Checkpoints: all that training needs to go on as if it had never stopped.

A file is a line with the SHA-256 of the rest, a line of JSON (identity and progress), and tensors
in the safetensors format. It is written whole or not at all, and read without pickle. Its name
begins with a hash of the identity, so that runs of other parameters keep their own.
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

FOLDER = Path("checkpoints")  # audit: each says what it is made of, and is used for that alone
KEPT = 2


@dataclass(frozen=True, slots=True)
class Progress:
    """Where training stands: steps done, and what was measured on the way."""

    step: int
    losses: list[float]
    curves: list[list[float]]


def write(
    folder: Path,
    identity: Mapping[str, Any],
    progress: Progress,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
) -> None:
    """Write a checkpoint, then remove all but the newest two of this identity.

    Raises:
        UserError: it cannot be written, for example because the disk is full; those that stood
            there before still stand.
    """
    tensors = {f"network/{name}": value for name, value in network.state_dict().items()}
    for number, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{number}/{name}": value for name, value in state.items()}
    # A float32 holds a loss exactly, in a tenth of the room that JSON would take.
    tensors["losses"] = torch.tensor(progress.losses, dtype=torch.float32)
    payload = save({name: value.detach().cpu().contiguous() for name, value in tensors.items()})
    header = {"identity": identity, "step": progress.step, "curves": progress.curves}
    body = json.dumps(header).encode() + b"\n" + payload
    path = folder / f"{_name(identity)}-{progress.step:09d}.ckpt"
    try:
        write_bytes(path, hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
    except OSError as error:
        raise UserError(
            f"{path} could not be written ({error.strerror or error}); make room and run again: "
            "training goes on from the checkpoint before it."
        ) from None
    for old in sorted(folder.glob(f"{_name(identity)}-*.ckpt"))[:-KEPT]:
        old.unlink()


def newest(folder: Path, identity: Mapping[str, Any]) -> bytes | None:
    """Return what the newest sound checkpoint of this identity holds, or None if there is none.

    A damaged one, and one of another identity, is passed over with a line that says so.
    """
    for path in sorted(folder.glob("*.ckpt"), reverse=True):
        checksum, _, body = path.read_bytes().partition(b"\n")
        if checksum != hashlib.sha256(body).hexdigest().encode():
            _say(f"{path} is damaged; trying the one before it")
            continue
        header = json.loads(body.partition(b"\n")[0])
        if header["identity"] != identity:
            different = _difference(header["identity"], identity)
            _say(f"{path} is left alone: it has another {different}")
            continue
        _say(f"going on after step {header['step']}, from {path}")
        return body
    return None


def load(body: bytes, network: nn.Module, optimizer: torch.optim.Optimizer) -> Progress:
    """Load what `newest` found into `network` and `optimizer`; return where training stands."""
    line, _, payload = body.partition(b"\n")
    header, tensors = json.loads(line), from_bytes(payload)
    losses = tensors.pop("losses").tolist()
    weights: dict[str, Tensor] = {}
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        room, _, name = key.partition("/")
        if room == "network":
            weights[name] = value
        else:
            number, _, name = name.partition("/")
            state.setdefault(int(number), {})[name] = value
    network.load_state_dict(weights)
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
    return Progress(header["step"], losses, header["curves"])


def remove(folder: Path, identity: Mapping[str, Any]) -> None:
    """Remove the checkpoints of a finished run: one that is repeated must start at its first step.

    What a kill in the middle of writing left behind goes with them.
    """
    for path in sorted(folder.glob(f"*{_name(identity)}-*.ckpt*")):
        path.unlink()


def _name(identity: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:12]


def _difference(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> str:
    return ", ".join(name for name in ours if theirs.get(name) != ours[name]) or "form"


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
