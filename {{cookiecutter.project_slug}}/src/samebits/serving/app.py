"""The service as an ASGI application: raw bytes, Open Inference Protocol v2, metrics, a page.

Protocol: https://github.com/kserve/open-inference-protocol, version 2 over HTTP.
"""

import asyncio
import hashlib
import hmac
import json
import re
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from ..console.errors import UserError, refused
from ..core.files import read_json
from ..core.png import png
from .batches import Batcher, Full
from .contents import Content
from .log import Log
from .model import TrainedModel
from .open_inference import metadata, reply, requested
from .replies import Answer
from .settings import Serving

PAGE = Path(__file__).with_name("page.html")
JSON, HTML = "application/json", "text/html; charset=utf-8"
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def policy(page: bytes) -> bytes:
    """Return the Content-Security-Policy of a page: its own style and script, by hash, alone.

    Source: https://www.w3.org/TR/CSP3/
    """
    style, script = (
        " ".join(
            f"'sha256-{b64encode(hashlib.sha256(part).digest()).decode()}'"
            for part in re.findall(rb"(?s)<%b>(.*?)</%b>" % (tag, tag), page)
        )
        for tag in (b"style", b"script")
    )
    parts = ("default-src 'none'", "connect-src 'self'", "img-src data: blob:", "base-uri 'none'")
    return "; ".join([*parts, f"style-src {style}", f"script-src {script}"]).encode()


class Reply(NamedTuple):
    """The status, the type and the body of an answer over HTTP."""

    status: int
    kind: str
    body: bytes


class Refusal(Exception):
    """A request that gets a status of HTTP and one sentence instead of an answer."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class App:
    """Serves one model.

    Args:
        model: answers, and has been checked.
        name: of the model, in addresses.
        settings: of serving.yaml.
        log: has every answer before whoever asked.
        token: what a request must bring; "" if anybody may ask.
    """

    def __init__(
        self, model: TrainedModel, name: str, settings: Serving, log: Log, token: str = ""
    ) -> None:
        self._model, self._name, self._settings, self._token = model, name, settings, token
        self._batches, self._log = Batcher(model, log, settings.queue), log
        place, version = f"/v2/models/{name}", model.signature.weights[:12]
        self._version = version
        ready = {"ready": True}
        self._gets: Mapping[str, Callable[[], Reply]] = {
            "/": lambda: Reply(200, HTML, PAGE.read_bytes()),
            "/metrics": lambda: Reply(200, CONTENT_TYPE_LATEST, generate_latest(self._registry)),
            "/v2": lambda: _json(200, {"name": "samebits", "version": version, "extensions": []}),
            "/v2/health/live": lambda: _json(200, {"live": True}),
            "/v2/health/ready": lambda: _json(200, ready),
            place: lambda: _json(200, metadata(model.signature, name, version)),
            f"{place}/ready": lambda: _json(200, ready),
        }
        self._posts: Mapping[str, Callable[[bytes], Awaitable[Reply]]] = {
            "/predict": self._predict,
            f"{place}/infer": self._infer,
        }
        self._registry = CollectorRegistry()
        known: dict[str, Any] = {"registry": self._registry, "namespace": "samebits"}
        self._requests = Counter("requests", "Requests by status.", ["status"], **known)
        self._examples = Counter("examples", "Examples answered.", **known)
        self._seconds = Histogram("request_seconds", "From first byte to answer.", **known)
        waiting = Gauge("waiting_examples", "Examples that wait for the network.", **known)
        waiting.set_function(lambda: self._batches.waiting)
        Gauge("model_info", "The model.", ["name", "version"], **known).labels(name, version).set(1)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer as ASGI 3 says."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        start = time.perf_counter()
        try:
            given = await self._respond(scope, receive)
        except Refusal as refusal:
            given = _json(refusal.status, {"error": str(refusal)})
        except Exception as error:
            reason = refused(error) or f"{type(error).__name__}: {error}"
            given = _json(500, {"error": f"the service failed ({reason})."})
        self._requests.labels(given.status).inc()
        self._seconds.observe(time.perf_counter() - start)
        head = [(b"content-type", given.kind.encode()), (b"x-content-type-options", b"nosniff")]
        head += [(b"content-length", str(len(given.body)).encode())]
        if given.kind == HTML:
            head += [(b"content-security-policy", policy(given.body))]
        if given.status in (408, 413):  # the rest of the request is not read
            head += [(b"connection", b"close")]
        await send({"type": "http.response.start", "status": given.status, "headers": head})
        await send({"type": "http.response.body", "body": given.body})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        answering = asyncio.create_task(self._batches.run())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        answering.cancel()
        with suppress(asyncio.CancelledError):
            await answering
        self._batches.close()
        self._log.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _respond(self, scope: Message, receive: Receive) -> Reply:
        path, method = scope["path"], scope["method"]
        if not path.startswith("/v2/health/"):
            self._authorise(scope)
        if path in self._gets:
            if method not in ("GET", "HEAD"):
                raise Refusal(405, f"{path} takes GET.")
            return self._gets[path]()
        if path not in self._posts:
            raise Refusal(404, "there is nothing at this address; POST an example to /predict.")
        if method != "POST":
            raise Refusal(405, f"{path} takes POST.")
        try:
            body = await asyncio.wait_for(self._body(scope, receive), self._settings.seconds)
        except TimeoutError:
            raise Refusal(
                408, f"the request took more than {self._settings.seconds:g} seconds."
            ) from None
        return await self._posts[path](body)

    def _authorise(self, scope: Message) -> None:
        given = dict(scope["headers"]).get(b"authorization", b"")
        if self._token and not hmac.compare_digest(given, f"Bearer {self._token}".encode()):
            raise Refusal(401, "send the token of this service: Authorization: Bearer TOKEN.")

    async def _body(self, scope: Message, receive: Receive) -> bytes:
        most = round(self._settings.megabytes * 1e6)
        told = dict(scope["headers"]).get(b"content-length", b"0")
        body = bytearray()
        more = int(told) <= most
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Refusal(400, "the request broke off.")
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > most:
                break
        if int(told) > most or len(body) > most:
            raise Refusal(413, f"the request has more than {self._settings.megabytes:g} MB.")
        return bytes(body)

    async def _predict(self, body: bytes) -> Reply:
        answers = await self._ask([*self._contents(body)])
        records = [_record(answer) for answer in answers]
        if len(records) == 1:
            [record] = records
            return _json(400 if "error" in record else 200, record)
        return _json(200, {"answers": records})

    async def _infer(self, body: bytes) -> Reply:
        try:
            asked = read_json(body)
            parts, order = requested(asked)
        except ValueError as problem:
            raise Refusal(400, f"the request is not one of protocol v2: {problem}.") from None
        contents = list[Content]()
        for number, part in enumerate(parts):
            element = self._contents(part)
            if len(element) != 1:
                raise Refusal(
                    400, f"element {number} holds {len(element)} examples; send one in each."
                )
            contents += element
        answers = await self._ask(contents)
        for answer in answers:
            if answer.problem:
                raise Refusal(400, answer.problem)
        return _json(200, reply(self._model.signature, self._name, self._version, order, answers))

    def _contents(self, body: bytes) -> list[Content]:
        """The examples in a body; one too many is refused before the rest is read."""
        most, contents = self._settings.examples, list[Content]()
        for content in self._model.contents(body):
            if len(contents) == most:
                raise Refusal(413, f"the request has more than {most} examples.")
            contents.append(content)
        return contents

    async def _ask(self, contents: list[Content]) -> list[Answer]:
        if not contents:
            raise Refusal(400, "the request holds no example.")
        if len(contents) > self._settings.examples:
            raise Refusal(413, f"the request has more than {self._settings.examples} examples.")
        try:
            answers = await self._batches.ask(contents)
        except Full:
            raise Refusal(503, "too many requests wait here; ask again in a moment.") from None
        except UserError as error:
            raise Refusal(500, str(error)) from None
        self._examples.inc(len(answers))
        return answers


def _record(answer: Answer) -> dict[str, Any]:
    """The answer as JSON has it, with its mask as a PNG file in base64."""
    mask = None if answer.mask is None else b64encode(png(answer.mask[None])).decode()
    return answer.record() | ({"mask": mask} if mask else {})


def _json(status: int, value: Any) -> Reply:
    return Reply(status, JSON, json.dumps(value, ensure_ascii=False).encode())
