"""The latencies measured on this machine: for each file of weights, milliseconds an example."""

from pathlib import Path

from ..console.errors import UserError
from ..core.files import read_json

FILE = Path("reports/latency.json")


def remembered() -> dict[str, list[float]]:
    """Return, by the MD5 of the weights, the median time for one example and its interval, in ms.

    Raises:
        UserError: the file is damaged.
    """
    try:
        content = read_json(FILE.read_text(encoding="utf-8"))
        return {
            str(name): [float(time) for time in milliseconds]
            for name, milliseconds in content.items()
        }
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError):
        raise UserError(
            f"{FILE.as_posix()} is damaged; remove it and run `samebits latency` again."
        ) from None
