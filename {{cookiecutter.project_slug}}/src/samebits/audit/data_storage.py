"""Data is kept apart from code: in DVC, not in Git, with a remote and without secrets."""

import posixpath
import re
from functools import cache
from pathlib import PurePosixPath
from typing import NamedTuple

from .dvc_yaml import inside, stages, tracked_data
from .edited_data import edited
from .outcomes import Check, Finding, check, count, words
from .project import LARGE, Project

RAW = "data/raw"
CONFIG, LOCAL = ".dvc/config", ".dvc/config.local"
VERIFIED = ("verify", "true")
_OBJECT = re.compile(r"(?:^|/)files/md5/[0-9a-f]{2}/[0-9a-f]{30}")
_DATA = ("data/raw", "data/prepared", "models")
_SUFFIXES = words(
    ".png .jpg .jpeg .gif .bmp .tif .tiff .webp .npy .npz .pt .pth .ckpt .safetensors .onnx .h5"
    " .hdf5 .pb .tflite .pkl .pickle .joblib .parquet .feather .arrow .mat .wav .mp3 .mp4"
    " .avi .tar .zip .gz .7z .xz .bz2"
)
# Patterns of secrets, each after plain texts of which one must occur: those are quick to search.
_SECRETS = {
    "an AWS key": ("AKIA ASIA", r"(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a private key": ("PRIVATE", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "a GitHub token": (
        "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
        r"\b(?:gh[pousr]_\w{36}|github_pat_\w{22})",
    ),
    "a GitLab token": ("glpat-", r"\bglpat-[\w-]{20}"),
    "a Hugging Face token": ("hf_", r"\bhf_[A-Za-z0-9]{30}"),
    "a Slack token": ("xox", r"\bxox[abprs]-[\w-]{10}"),
    "an API key": ("sk-", r"\bsk-[\w-]{32}"),
    "a Google key": ("AIza", r"\bAIza[\w-]{35}"),
    "an AWS secret": (
        "ecret_access_key ECRET_ACCESS_KEY",
        r"(?i)secret_access_key\W{1,5}[\w/+]{40}(?![\w/+])",
    ),
    "an Azure key": ("AccountKey", r"AccountKey=[\w/+]{20}"),
    "an Azure signature": ("sig=", r"[?&;]sig=[\w%/+]{20}"),
    "a password in a URL": ("://", r"://[^/\s:@$<{]+:[^/\s:@$<{]+@"),
    "a password": (
        "assword ASSWORD asswd ASSWD ecret_ ECRET_ pi_key PI_KEY pikey ccess_token CCESS_TOKEN",
        r"""(?i)(?:passw(?:or)?d|secret(?:_access)?_key|api_?key|access_token|client_secret)"""
        r"""["']?\s*[:=]\s*["'](?=[^"']*\d)[\w/+=!-]{8,}["']""",
    ),
}
_SECRET_OPTIONS = words(
    "access_key_id secret_access_key session_token password passphrase token account_key sas_token"
    " connection_string client_secret gdrive_client_secret oss_key_id oss_key_secret"
    " access_token sse_customer_key custom_auth_header client_assertion encryption_key"
)
# The plugin that each kind of remote needs; a folder needs none.
_PLUGINS = {"s3": "dvc-s3", "gs": "dvc-gs", "azure": "dvc-azure", "ssh": "dvc-ssh"}


class Option(NamedTuple):
    """One line of .dvc/config: `[section] key = value`."""

    section: str
    key: str
    value: str
    line: int


def data(project: Project) -> Check:
    """data/raw is tracked by DVC, ignored by Git, and has a remote to pull from."""
    raw = tracked_data(project).get(RAW)
    remotes = [option for option in _config(project) if option.section.startswith("remote ")]
    findings = [*_raw(project), *edited(project), *_remote(project)]
    version = raw.md5[:8] if raw else "untracked"
    names = count(len({option.section for option in remotes}), "remote")
    return check("data", f"{RAW} at version {version}, {names}", "tracked by DVC", findings)


def _raw(project: Project) -> list[Finding]:
    file = f"{RAW}.dvc"
    raw = tracked_data(project).get(RAW)
    findings = []
    if not project.exists(file):
        findings.append(Finding(file, 1, f"is missing; run `dvc add {RAW}`"))
    elif raw is None:
        findings.append(Finding(file, 1, f"does not track {RAW}; run `dvc add {RAW}`"))
    elif not re.fullmatch(r"[0-9a-f]{32}(\.dir)?", raw.md5):
        message = f"{raw.md5!r} is not the MD5 of the data; run `dvc add {RAW}`"
        findings.append(Finding(file, raw.owner.line, message))
    if not project.ignored(RAW):
        findings.append(Finding(".gitignore", 1, f"does not ignore {RAW}; add the line /{RAW}"))
    return findings


def _config(project: Project) -> list[Option]:
    options = []
    section = ""
    for number, line in enumerate((project.text(CONFIG) or "").split("\n"), 1):
        if header := re.fullmatch(r"\s*\[(.+)\]\s*", line):
            section = header[1].strip("'").replace('"', "")
        elif option := re.fullmatch(r"\s*([\w.-]+)\s*=\s*(.*?)\s*", line):
            options.append(Option(section, option[1], option[2].strip("\"'"), number))
    return options


def _remote(project: Project) -> list[Finding]:
    options = _config(project)
    if not project.exists(CONFIG):
        return [Finding(CONFIG, 1, "is missing; run `dvc init`")]
    findings = []
    core = {option.key: option for option in options if option.section == "core"}
    urls = {option.section: option for option in options if option.key == "url"}
    remote = core.get("remote")
    if remote is None:
        message = "names no default remote; run `dvc remote add --default NAME URL`"
        findings.append(Finding(CONFIG, 1, message))
    elif f"remote {remote.value}" not in urls:
        message = f"the remote {remote.value!r} has no URL; run `dvc remote add {remote.value} URL`"
        findings.append(Finding(CONFIG, remote.line, message))
    analytics = core.get("analytics")
    if analytics is None or analytics.value.lower() != "false":
        message = "lets DVC report how you use it; run `dvc config core.analytics false`"
        findings.append(Finding(CONFIG, analytics.line if analytics else 1, message))
    findings += [_within(url) for url in urls.values() if _is_within(project, url.value)]
    findings += [_unlocked(url) for url in urls.values() if not _has_plugin(project, url.value)]
    checked = {option.section for option in options if (option.key, option.value) == VERIFIED}
    return findings + [_unchecked(url) for name, url in urls.items() if name not in checked]


def _has_plugin(project: Project, url: str) -> bool:
    plugin = _PLUGINS.get(url.partition("://")[0])
    locks = (project.text(f"requirements/{name}.lock") for name in ("remote", "dev"))
    return not plugin or any(re.search(rf"^{plugin}==", text or "", re.MULTILINE) for text in locks)


def _unlocked(url: Option) -> Finding:
    plugin = _PLUGINS[url.value.partition("://")[0]]
    return Finding(
        CONFIG, url.line, f"needs {plugin}; add it to requirements/remote.in and run `make lock`"
    )


def _unchecked(url: Option) -> Finding:
    name = url.section.removeprefix("remote ")
    message = f"accepts corrupted data; run `dvc remote modify {name} verify true`"
    return Finding(CONFIG, url.line, message)


def _is_within(project: Project, url: str) -> bool:
    """Whether a url, relative to .dvc/ as DVC reads it, stays inside the repository."""
    if "://" in url or re.match(r"[A-Za-z]:|[/\\]|[\w.-]+@", url):
        return False
    place = posixpath.normpath(f".dvc/{url}")
    return not place.startswith("../") or inside(place, f"../{project.root.name}")


def _within(url: Option) -> Finding:
    message = f"the {url.section} is inside the repository ({url.value}); put it elsewhere"
    return Finding(CONFIG, url.line, message)


def lean(project: Project) -> Check:
    """Git tracks no data, no model, no output and no large file."""
    cached = {path for stage in stages(project) for path, out in stage.outs.items() if out.cached}
    outputs = sorted({*_DATA, *cached, *tracked_data(project)})
    findings = []
    for path in project.tracked:
        reason = _foreign(project, path, outputs)
        if reason:
            message = f"{reason}; run `git rm --cached {path}` and add it to .gitignore"
            findings.append(Finding(path, 1, message))
    findings += [
        Finding(".gitignore", 1, f"does not ignore the output {path}; add the line /{path}")
        for path in outputs
        if path not in _DATA and "://" not in path and not project.ignored(path)
    ]
    largest = max((project.size(path) for path in project.tracked), default=0)
    files = count(len(project.tracked), "file")
    subject = f"{files}, the largest {largest // 1000} kB"
    return check("git", subject, "no data or model", findings)


def _foreign(project: Project, path: str, outputs: list[str]) -> str:
    home = next((folder for folder in outputs if inside(path, folder)), "")
    if home and not path.endswith((".gitignore", ".gitkeep", ".dvc")):
        return f"is in Git but belongs to DVC ({home})"
    if _OBJECT.search(path):
        return "is in Git but is an object of DVC's cache"
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in _SUFFIXES and not path.startswith("docs/"):
        return f"is data or a model ({suffix}) in Git"
    if project.size(path) > LARGE:
        return f"has {project.size(path) / 1e6:.1f} MB, more than 1 MB"
    return ""


def credentials(project: Project) -> Check:
    """No key, token or password in a file of the project."""
    findings = []
    for path in project.files:
        for line, kind in _secrets(project.text(path) or ""):
            if not project.allows(path, line):
                message = f"contains {kind}; revoke it and remove it from Git's history"
                findings.append(Finding(path, line, message))
    if LOCAL in project.tracked:
        message = f"may contain secrets; run `git rm --cached {LOCAL}` and revoke them"
        findings.append(Finding(LOCAL, 1, message))
    for option in _config(project):
        if option.key in _SECRET_OPTIONS:
            message = f"contains {option.key}; revoke it, then use `dvc remote modify --local`"
            findings.append(Finding(CONFIG, option.line, message))
    return check("credentials", count(len(project.files), "file"), "no key or password", findings)


@cache
def _secrets(text: str) -> tuple[tuple[int, str], ...]:
    return tuple(
        (text.count("\n", 0, match.start()) + 1, kind)
        for kind, (hints, pattern) in _SECRETS.items()
        if any(hint in text for hint in hints.split())
        for match in re.finditer(pattern, text)
    )
