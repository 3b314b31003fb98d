"""Serve the model in models/ over HTTP, once it has answered as it did when it was evaluated.

Run: samebits serve [--port N]
"""

import os
import sys
from argparse import Namespace

from ..console.errors import UserError
from ..core.signature import FILE, Signature
from ..core.yours import Yours, package
from ..serving.model import TrainedModel
from ..serving.self_check import check
from ..serving.settings import read

TOKEN = "SAMEBITS_TOKEN"
HERE = ("127.0.0.1", "::1", "localhost")  # what nobody beyond this machine reaches


def main(given: Namespace, yours: Yours) -> None:
    """Check the model, then serve it until a signal ends this."""
    try:
        from ..serving.service import serve
    except ImportError as error:
        raise UserError(
            f"{error.name} is missing; restore requirements/serve.in and serve.lock from Git, and "
            "run 'make setup'."
        ) from None
    settings, token = read(), os.environ.get(TOKEN, "")
    if settings.host not in HERE and not token:
        raise UserError(
            f"serving.yaml: 'host' is {settings.host}, which others reach; set the variable "
            f"{TOKEN} to a secret that their requests must bring, or leave 'host' out."
        )
    model = TrainedModel(Signature.read(), FILE.parent, yours, settings.megapixels)
    count = check(model, FILE.parent)
    sys.stdout.write(f"{count} test examples get the bits that were evaluated.\n")
    port = settings.port if given.port is None else given.port
    serve(model, package(), settings, port, token)
