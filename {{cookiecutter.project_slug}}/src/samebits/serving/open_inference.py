"""Requests and answers of the Open Inference Protocol, version 2, over HTTP with JSON."""

import binascii
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..core.signature import Signature
from ..data.targets import joined
from .replies import Answer

CONTENT, ANSWER, PROBABILITIES = "content", "answer", "probabilities"


def metadata(signature: Signature, name: str, version: str) -> dict[str, Any]:
    """Return what the protocol calls the metadata of a model."""
    outputs = [_tensor(ANSWER, *_kind(signature))]
    if signature.target in ("class", "classes"):
        outputs.append(_tensor(PROBABILITIES, "FP32", [-1, len(signature.classes)]))
    return {
        "name": name,
        "versions": [version],
        "platform": "samebits",
        "inputs": [_tensor(CONTENT, "BYTES", [-1])],
        "outputs": outputs,
    }


def requested(asked: Any) -> tuple[list[bytes], Any]:
    """Return the contents in a request, and its id, None if it has none.

    Raises:
        ValueError: it is no request for a model of `metadata`; the message says why.
    """
    inputs = asked.get("inputs") if isinstance(asked, dict) else None
    if not isinstance(inputs, list) or len(inputs) != 1 or not isinstance(inputs[0], dict):
        raise ValueError("`inputs` must be a list of one tensor")
    tensor = inputs[0]
    if tensor.get("name") != CONTENT or tensor.get("datatype") != "BYTES":
        raise ValueError(f"the tensor must have the name {CONTENT} and the datatype BYTES")
    data = tensor.get("data")
    if not isinstance(data, list) or not all(isinstance(part, str) for part in data):
        raise ValueError("`data` must be a list of texts")
    if tensor.get("shape") != [len(data)]:
        raise ValueError(f"`shape` must be [{len(data)}], the number of elements of `data`")
    parameters = tensor.get("parameters")
    encoded = isinstance(parameters, dict) and parameters.get("content_type") == "base64"
    try:
        parts = [b64decode(part, validate=True) if encoded else part.encode() for part in data]
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError(
            "`data` must be base64, as parameters.content_type says"
            if encoded
            else "`data` holds an unpaired surrogate"
        ) from None
    return parts, asked.get("id")


def reply(
    signature: Signature, name: str, version: str, order: Any, answers: Sequence[Answer]
) -> dict[str, Any]:
    """Return the answers to a request with the id `order`, all digits of them."""
    raw = np.stack([answer.raw for answer in answers])
    kind, shape = _kind(signature)
    said: list[Any]
    if signature.target in ("class", "classes"):
        said = [_text(answer.answer) for answer in answers]
    else:
        said = raw.ravel().tolist()
    outputs = [
        {**_tensor(ANSWER, kind, [len(answers), *raw.shape[1:][: len(shape) - 1]]), "data": said}
    ]
    if signature.target in ("class", "classes"):
        probabilities = _tensor(PROBABILITIES, "FP32", [*raw.shape])
        outputs.append({**probabilities, "data": raw.ravel().tolist()})
    known = {"model_name": name, "model_version": version, "outputs": outputs}
    return known if order is None else {**known, "id": order}


def _kind(signature: Signature) -> tuple[str, list[int]]:
    """The datatype of an answer, and the shape of several, of which -1 is any length."""
    if signature.target == "number":
        return "FP64", [-1]
    if signature.target == "mask":
        sides: Mapping[str, Any] = signature.input["fields"]
        return "UINT8", [-1, *sides["mask"][1]]
    return "BYTES", [-1]


def _text(answer: Any) -> str:
    return joined(answer) if isinstance(answer, list) else str(answer)


def _tensor(name: str, datatype: str, shape: Sequence[int]) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": [*shape]}
