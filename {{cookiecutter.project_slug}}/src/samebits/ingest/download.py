"""What DVC does for `data add`: download from an address, import a folder, version the data."""

import re
import sys
from pathlib import Path
from urllib.parse import SplitResult, urlsplit, urlunsplit

from ..console.errors import UserError
from ..programs import dvc
from ..remote.dvc_errors import MODULE
from ..versions.working_data import last_line
from .archive import KINDS


def is_address(source: str) -> bool:
    """Whether this is a URL, and not a path (`C:\\` is one)."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", source) is not None


def names_archive(address: str) -> bool:
    """Whether the address is of an archive; over HTTP nothing else can be downloaded."""
    parts = urlsplit(address)
    return parts.scheme in ("http", "https") or parts.path.lower().endswith(KINDS)


def public(address: str) -> str:
    """Return the address without user, password, query and fragment, which may be secrets."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def fetch(address: str, folder: Path) -> Path:
    """Download one file with `dvc get-url`; return its path in `folder`, where it is alone.

    Raises:
        UserError: DVC cannot download it.
    """
    folder.mkdir()
    _dvc(folder, address, "get-url", address, "fetched")
    if not (folder / "fetched").is_file():
        raise UserError(f"{public(address)} is not a file; name an archive. Nothing was changed.")
    return folder / "fetched"


def import_folder(address: str, folder: Path) -> None:
    """Import a folder of a bucket or server with `dvc import-url`, as folder/raw and raw.dvc.

    Raises:
        UserError: the address holds secrets, which DVC would write into raw.dvc, names a remote
            that clones would not know, or DVC fails.
    """
    if public(address) != address:
        raise UserError(
            f"the address of {public(address)} has a user or a query, which data/raw.dvc would "
            "show to everybody; set these for a remote ('dvc remote add NAME URL', 'dvc remote "
            "modify --local NAME user ...') and use remote://NAME/folder."
        )
    _refuse_hidden(urlsplit(address))
    _dvc(folder, address, "import-url", address, "raw")
    if not (folder / "raw").is_dir():
        raise UserError(
            f"{address} is neither a folder nor an archive ({', '.join(KINDS)}); name one. "
            "Nothing was changed."
        )


def _refuse_hidden(address: SplitResult) -> None:
    """Refuse a remote that only .dvc/config.local knows: DVC would do nothing in a clone."""
    if address.scheme != "remote":
        return
    shared = dvc("remote", "list", "--project")
    if shared.returncode:
        raise UserError(f"DVC cannot list its remotes: {last_line(shared.stderr)}")
    if address.netloc not in [line.split()[0] for line in shared.stdout.splitlines()]:
        raise UserError(
            f"clones would not know the remote '{address.netloc}', which is not in .dvc/config; "
            f"add it with 'dvc remote add {address.netloc} URL', and keep its secrets out of Git "
            "with 'dvc remote modify --local'. Nothing was changed."
        )


def give_version(folder: Path, name: str = "raw") -> None:
    """Add folder/<name> to DVC's cache and write folder/<name>.dvc.

    Raises:
        UserError: DVC fails.
    """
    _dvc(folder, "", "add", name)


def _dvc(folder: Path, address: str, *arguments: str) -> None:
    # On a terminal DVC shows its progress itself; elsewhere its last line says what is wrong.
    shown = sys.stderr.isatty()
    done = dvc(*arguments, module=MODULE, shown=shown, cwd=folder, errors="replace")
    if done.returncode:
        reason = "see above" if shown else _last_line(done.stderr)
        if address:
            reason = reason.replace(address, public(address))
        what = f"get {public(address)}" if address else "give the data a version"
        raise UserError(f"DVC cannot {what}: {reason}. Nothing was changed.")


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.startswith("ERROR")]
    return lines[-1].removeprefix("ERROR: ").rstrip(".") if lines else "it was stopped"
