"""The service: a socket that listens, and the application behind it."""

import socket
import sys

import uvicorn

from ..console.errors import UserError
from .app import App
from .log import FOLDER, Log
from .model import TrainedModel
from .settings import Serving


def serve(model: TrainedModel, name: str, settings: Serving, port: int, token: str) -> None:
    """Serve a model that has been checked, until a signal ends this.

    Args:
        model: answers.
        name: of the model, in addresses.
        settings: of serving.yaml.
        port: 0 is any that is free.
        token: what a request must bring; "" if anybody may ask.

    Raises:
        UserError: something else listens there.
    """
    listening = _listening(settings.host, port)
    log = Log(FOLDER, model.signature.weights, settings.keep_inputs, settings.keep_days)
    config = uvicorn.Config(
        App(model, name, settings, log, token),
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=settings.connections,
    )
    host, port = listening.getsockname()[:2]
    sys.stdout.write(f"Serving {name} at http://{f'[{host}]' if ':' in host else host}:{port}\n")
    sys.stdout.flush()
    uvicorn.Server(config).run(sockets=[listening])


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens already, so that no request comes too early."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=2048)
        # Without this, which connections inherit, an answer in two parts takes 40 ms more.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except OSError as error:
        raise UserError(
            f"cannot listen on {host}:{port} ({error.strerror}); choose another --port."
        ) from None
