"""data/raw → data/prepared/{train,train_dev,dev,test}: arrays of one shape, split by content."""

from pathlib import Path

from ..console.errors import UserError
from ..core.config import read
from ..core.files import read_json
from ..core.seals import Seal
from ..core.sections import Data, Runtime, Task
from ..core.yours import Yours
from ..data.corrections import FILE, read_labels
from ..data.decoder import Decoder
from ..data.index import open_catalogue
from ..data.preparation import prepare
from ..data.readers import reader_of

RAW, PREPARED = Path("data/raw"), Path("data/prepared")
DECODED = Path("data/decoded")


def main(yours: Yours, seal: Seal) -> None:
    """Decode, resize and split every example."""
    data, runtime = read(Data), read(Runtime)
    version, labels = _version(Path("reports/data.json")), read_labels(FILE)
    task = read(Task)
    reader = reader_of(task, data)
    with open_catalogue(DECODED, Decoder.of(yours.data, data), reader) as catalogue:
        prepare(catalogue, RAW, PREPARED, data, task, version, runtime.workers, labels=labels)
    seal.write()


def _version(summary: Path) -> str:
    path = summary.as_posix()
    try:
        content = read_json(summary.read_text(encoding="utf-8"))
        version, errors = str(content["version"]), content["errors"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        raise UserError(
            f"{path} is not what the validate stage writes; run 'dvc repro validate'."
        ) from None
    if errors:
        raise UserError(f"{path} names {errors} error(s) in the data; fix or accept them first.")
    return version
