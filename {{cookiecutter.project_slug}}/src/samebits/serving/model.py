"""A trained model that answers: `model("cat.jpg")`, `model.predict(["a.jpg", "b.jpg"])`."""

import math
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as tensors

from ..console.errors import UserError
from ..core import kernels
from ..core.key_kinds import fits, keys, typed
from ..core.seals import hash_of
from ..core.signature import FILE, Signature, sha256
from ..core.yours import Yours
from ..data.decoder import decoded
from ..data.example import Unreadable
from ..data.fields import Arrays, Field, Fields, checked
from ..data.fitting import Fitted, fitting_of
from ..data.targets import MASK, Answers
from ..remote.revisions import LOCK, entries, parsed
from ..training.network import made
from ..training.predict import load, masks, predict
from ..training.target_base import target_for
from .contents import Content, Given, contents, with_mask
from .replies import Answer, answers

WEIGHTS = "model.safetensors"


class _Limits(NamedTuple):
    bits: int
    megapixels: float


class TrainedModel:
    """A model that answers with the bits that were evaluated, wherever `doubts` is empty.

    Args:
        signature: of models/.
        folder: models/; the project is around it.
        yours: the files `data` and `model` of the user.
        megapixels: of an image, at most, if that is less than `data.megapixels`.

    Raises:
        UserError: the weights or the code are not those of the signature.
    """

    def __init__(
        self, signature: Signature, folder: Path, yours: Yours, megapixels: float = math.inf
    ) -> None:
        weights = folder / WEIGHTS
        if sha256(weights) != signature.weights:
            raise UserError(
                f"{weights.as_posix()} is missing or not what {FILE.name} beside it was written "
                "with; get both with 'dvc pull', or run 'dvc repro train'."
            )
        known, settings = signature.input, signature.section()
        self.signature, self.chunk = signature, settings.chunk
        self._inputs, self._decode = yours.model.inputs, yours.data.decode
        self._settings = _section(yours.data.Input, known["settings"], "data.py")
        self._fields = _fields(yours.data.fields(self._settings), known["fields"])
        self._limits = _Limits(known["bits"], min(known["megapixels"], megapixels))
        self._fitted = _fitted(signature.fitted, yours.data, self._settings)
        self._target = target_for(
            Answers(signature.target, signature.classes), signature.scale, self._sides()
        )
        self.doubts = [*_doubts(signature, folder.resolve().parent, yours)]
        device = settings.device
        if device != "cpu" and not _has(device):
            self.doubts.append(
                f"the model was evaluated on {device}, which is missing here, so the bits of these "
                "answers are not promised."
            )
            device = "cpu"
        kernels.configure(settings.level, settings.threads, device)
        section = _section(yours.model.Model, signature.model, "model.py")
        shapes = {name: tuple(shape) for name, shape in signature.shapes.items()}
        with torch.random.fork_rng(devices=[]):
            self.network = made(yours.model, section, shapes, self._target.outputs, 0.0, settings)
        load(self.network, weights)
        self.network.to(device)

    def __call__(self, example: Given) -> Answer:
        """Return the answer for one example: a path, the content of a file, or a row.

        Raises:
            UserError: it cannot be read, or is several.
        """
        answers = self.predict([example])
        if len(answers) != 1:
            raise UserError(f"there are {len(answers)} examples; call `predict` for several.")
        return answers[0]

    def predict(self, examples: Iterable[Given]) -> list[Answer]:
        """Return the answers: one for each file and row; for a folder, those of what is below it.

        Raises:
            UserError: an example cannot be read.
        """
        answers = []
        for answer in self.answers(examples):
            if answer.problem:
                raise UserError(answer.problem)
            answers.append(answer)
        return answers

    def answers(self, examples: Iterable[Given]) -> Iterator[Answer]:
        """Yield the answers one after the other; what cannot be read has a `problem` instead."""
        return self.of(content for example in examples for content in self.contents(example))

    def contents(self, example: Given) -> Iterator[Content]:
        """Yield the contents of examples in what a caller gives, as `contents` of contents.py."""
        return contents(example, self.signature.input["reader"], self.signature.input["answer"])

    def of(self, examples: Iterable[Content]) -> Iterator[Answer]:
        """Yield the answers for contents, as `answers`."""
        parts = iter(examples)
        while chunk := [*islice(parts, self.chunk)]:
            read = [self._read(content) for content in chunk]
            good = iter(self.answered([arrays for arrays in read if not isinstance(arrays, str)]))
            for content, arrays in zip(chunk, read, strict=True):
                if isinstance(arrays, str):
                    yield Answer(content.name, problem=arrays)
                else:
                    yield replace(next(good), input=content.name)

    def decode(self, content: bytes) -> Arrays:
        """Return the arrays of an example.

        Raises:
            Unreadable: it is none.
        """
        if MASK in self._fields and self.signature.target == MASK:
            content = with_mask(content, self._limits)
        example = decoded(self._decode, content, self._settings, self._limits, self._fields)
        if lost := example.facts.get("lost"):
            raise Unreadable(str(lost))
        return {name: example.arrays[name] for name in self._shown()}

    def answered(self, examples: Sequence[Arrays]) -> list[Answer]:
        """Return the answers for examples that `decode` gave, which have no names."""
        if not examples:
            return []
        stacked = {name: np.stack([example[name] for example in examples]) for name in examples[0]}
        signature = self.signature
        raw = self.raw(self._fitted(stacked))
        return [*answers(signature.target, signature.classes, signature.scale, raw)]

    def raw(self, arrays: Arrays) -> NDArray[Any]:
        """Return what the network gives for arrays [n, ...] as `prepare` stores them.

        These are probabilities [n, classes], numbers [n] or masks [n, h, w].
        """
        if self.signature.target == MASK:
            return masks(self.network, self._inputs, arrays, self._target.form, self.chunk)
        return predict(self.network, self._inputs, arrays, self._target, self.chunk)

    def _read(self, content: Content) -> Arrays | str:
        if content.problem:
            return content.problem
        try:
            return self.decode(content.content)
        except Unreadable as problem:
            return f"{content.name} is not a readable example: {problem}."

    def _shown(self) -> list[str]:
        """The arrays that the network may see: all but the answer."""
        return [name for name in self._fields if name != MASK or self.signature.target != MASK]

    def _sides(self) -> tuple[int, ...]:
        return self._fields[MASK].shape if MASK in self._fields else ()


def _section(kind: Any, values: Mapping[str, Any], file: str) -> Any:
    """Return the section of a file of the user that the signature holds."""
    known = keys(kind)
    if values.keys() != known.keys() or not all(fits(values[name], known[name]) for name in known):
        raise UserError(
            f"{file}: section {kind.__name__.lower()} is not that of the model in models/, which "
            f"has {dict(values)}; run 'dvc repro', or restore {file} from Git."
        )
    return kind(**{name: typed(values[name], key) for name, key in known.items()})


def _fields(declared: Any, known: Mapping[str, Any]) -> Fields:
    fields = checked(declared)
    trained = {name: Field(dtype, tuple(shape)) for name, (dtype, shape) in known.items()}
    if fields != trained:
        raise UserError(
            "data.py: `fields` declares other arrays than those of the model in models/; run "
            "'dvc repro', or restore data.py from Git."
        )
    return fields


def _fitted(stored: str, data: Any, settings: Any) -> Fitted:
    fitting = fitting_of(data, settings)
    try:
        if bool(stored) != (fitting is not None):
            raise ValueError
        return Fitted(tensors(b64decode(stored)) if stored else {}, fitting)
    except (SafetensorError, ValueError):
        raise UserError(
            f"{FILE.as_posix()} does not hold what `fit` of data.py returns; run 'dvc repro', or "
            "restore data.py from Git."
        ) from None


def _has(device: str) -> bool:
    return torch.cuda.is_available() if device == "cuda" else torch.backends.mps.is_available()


def _doubts(signature: Signature, root: Path, yours: Yours) -> Iterator[str]:
    """Yield a sentence if code or lock are not those that the model was made with."""
    package = Path(yours.model.__file__).parent.name
    changed = [*signature.changed(root, package)]
    # Training does not read data.py, so dvc.lock alone tells which one `prepare` ran.
    lock, file = root / LOCK, f"src/{package}/data.py"
    if lock.is_file():
        ran = entries(parsed(lock.read_text(encoding="utf-8")), "prepare", "deps").get(file)
        changed += [file] if ran and ran != hash_of(root / file) else []
    if changed:
        yield (
            f"{', '.join(changed)} changed since the model was made, so the bits of its answers "
            "are not promised; run 'dvc repro', or restore them from Git."
        )
