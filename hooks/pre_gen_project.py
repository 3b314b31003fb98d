"""Refuse answers that cannot make a working project; runs in the new, still empty folder."""

import json
import keyword
import os
import re
import sys
import unicodedata
from contextlib import suppress
from pathlib import Path

CHOICES = {
    "task": (
        *("image-class", "image-classes", "image-mask"),
        *("text-class", "table-number", "table-class", "series-class"),
    ),
    "license": ("MIT", "Apache-2.0", "BSD-3-Clause", "Proprietary"),
    "python_version": ("3.11", "3.12", "3.13"),
    "accelerator": ("cuda", "cpu"),
    "remote": ("local", "s3", "gs", "azure", "ssh"),
    "verify": ("static", "training"),
}
# Names of imports or folders of the project, and names that Windows reserves.
TAKEN = """
checkpoints data models provenance reports requirements scripts src test tests venv con prn aux nul
com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9
adlfs aiobotocore aiohappyeyeballs aiohttp aiohttp_retry aioitertools aiosignal alembic amqp
annotated_types antlr4 appdirs argcomplete ast_serialize asyncssh atpublic attr attrs azure babel
bcrypt billiard botocore celery certifi cffi cfgv charset_normalizer cleanlab click click_didyoumean
click_plugins click_repl cloudpickle colorama colorlog configobj cryptography cuda dateutil
decorator dictdiffer diskcache distlib distro distutils dotenv dpath dulwich dvc dvc_azure dvc_data
dvc_gs dvc_http dvc_objects dvc_render dvc_s3 dvc_ssh dvc_studio_client dvc_task entrypoints execnet
fastjsonschema filelock flatten_dict flufl frozenlist fsspec functorch funcy gcsfs git gitdb
gitpython google google_auth_oauthlib google_crc32c grandalf greenlet grpc grpc_status grpcio gto
h11 hydra identify idna imp iniconfig isodate isympy iterative_telemetry jinja2 jmespath joblib
jsonschema jsonschema_specifications jupyter jupyter_core jwt knack kombu librt mako markdown_it
markupsafe matplotlib mdurl mpmath msal msal_extensions multidict mypy mypy_extensions mypyc
narwhals nbformat nbstripout networkx nodeenv numpy nvidia oauthlib omegaconf opentelemetry optuna
orjson packaging pandas pathspec pil pillow pip platformdirs plotnine pluggy pre_commit
prometheus_client prompt_toolkit propcache proto protobuf psutil public py pyasn1 pyasn1_modules
pycparser pydantic pydantic_core pydantic_settings pydevd_plugins pydot pygit2 pygments pygtrie
pyjwt pyparsing pytest python_discovery pywin32 pyyaml referencing requests requests_oauthlib rich
rpds ruamel ruff s3fs safetensors scikit_learn scipy scmrepo seglearn semver setuptools shortuuid
shtab six sklearn smmap sqlalchemy sqltrie sshfs sympy tabulate termcolor threadpoolctl tomlkit
torch torchgen torchvision tqdm traitlets triton typer typing_extensions typing_inspection tzdata
tzlocal urllib3 uv uvicorn validate vine virtualenv voluptuous wcwidth wheel wrapt xdist yaml yarl
zc
"""

# The pattern of each kind of remote, and an example.
_NAMES = r"(/[\w.+-]+)*/?"
REMOTES = {
    "local": (
        r"(\.\./)+[\w.+-][\w./ +-]*|/[\w.+-][\w./ +-]*|[A-Za-z]:/[\w./ +-]+",
        "../cats-remote",
    ),
    "s3": (r"s3://[a-z0-9][a-z0-9.-]*" + _NAMES, "s3://bucket/cats"),
    "gs": (r"gs://[a-z0-9][a-z0-9._-]*" + _NAMES, "gs://bucket/cats"),
    "azure": (r"azure://[a-z0-9$][a-z0-9-]*" + _NAMES, "azure://container/cats"),
    "ssh": (r"ssh://([\w.-]+@)?[\w.-]+(:\d+)?(/[\w.+-]+)+/?", "ssh://you@server/srv/cats"),
}

# Text in answers that the audit of the new project would refuse.
REFUSED = re.compile(
    r"""[{][{]-?\s*cookiecutter\b | [{]%-?[^%]*\bcookiecutter\b | [{]%-?\s*\w+\s*-?%[}]
    | /(home|Users|root|tmp)/ | \b[A-Za-z]:[\\/]+(Users|Documents)
    | (?i:passw(or)?d|secret|token|api_?key)\s*[:=]\s*\S""",
    re.VERBOSE,
)


def illegal(text: str) -> bool:
    """Whether `text` has a character that some TOML, YAML or source file cannot contain."""
    kinds = {unicodedata.category(character) for character in text}
    return not kinds.isdisjoint({"Cc", "Cs", "Zl", "Zp"}) or "\ufffe" in text or "\uffff" in text


def slug_problem(slug: str) -> str:
    """Why `slug` cannot name a folder and, with _ for -, a package; empty if it can."""
    if not re.fullmatch(r"[a-z]([a-z0-9_-]{0,38}[a-z0-9])?", slug):
        return "use 1 to 40 of a-z, 0-9, - and _; start with a letter, end with a letter or digit"
    package = slug.replace("-", "_")
    if keyword.iskeyword(package) or package in {*TAKEN.split(), *sys.stdlib_module_names}:
        return f"Python, Windows or a dependency uses this name; try {('my-' + slug)[:40]}"
    return ""


def remote_problem(remote: str, url: str) -> str:
    """Why `url` cannot be a remote of this kind; empty if it can."""
    pattern, example = REMOTES[remote]
    if re.search(r"://[^/@]*:[^/@]*@", url):
        return "leave out the password: docs/your-remote.md of the project says where it goes"
    leaves = ".." in url.lstrip("./").split("/")
    if leaves or not re.fullmatch(pattern, url, re.ASCII):
        where = ", a folder outside the project" if remote == "local" else ""
        return f"a remote of the kind {remote} is written like {example}{where}"
    if refused := REFUSED.search(url):
        return f"{refused[0]!a} is a folder of one machine: choose one that exists on all"
    return ""


def problems(answers: dict[str, str]) -> list[str]:
    """A line for each problem of the answers, with its fix."""
    lines = []
    for name in ("project_name", "project_slug", "description", "author_name"):
        if name != "description" and not answers[name].strip():
            lines.append(f"{name} is empty: give it a value")
        elif name == "project_slug" and (problem := slug_problem(answers[name])):
            lines.append(f"{name} {answers[name]!a}: {problem}")
        elif illegal(answers[name]):
            lines.append(f"{name} {answers[name]!a}: remove line breaks and control characters")
        elif name != "project_slug" and (refused := REFUSED.search(answers[name])):
            text = f"{name} has {refused[0]!a}, which reads as a template, a password or a folder"
            lines.append(f"{text} of one machine: use other words")
    if answers["__package_name"] != answers["project_slug"].replace("-", "_"):
        lines.append("__package_name follows from project_slug: do not set it")
    for name, choices in CHOICES.items():
        if answers[name] not in choices:
            lines.append(f"{name} {answers[name]!a}: choose one of {', '.join(choices)}")
    remote, url = answers["remote"], answers["remote_url"]
    if remote in REMOTES and (problem := remote_problem(remote, url)):
        lines.append(f"remote_url {url!a}: {problem}")
    elif f"{url}/".lower().startswith(f"../{answers['project_slug']}/".lower()):
        lines.append(f"remote_url {url!a}: this is the project itself; choose a folder next to it")
    return lines


def remove_folders(slug: Path, output_dir: str) -> None:
    """Remove the empty folders of a slug like a/b/c; cookiecutter itself removes only c."""
    os.chdir(output_dir)
    for folder in (slug, *slug.parents):
        with suppress(OSError):
            folder.rmdir()


def main(answers: dict[str, str]) -> int:
    """Print every problem; return the exit status."""
    lines = problems(answers)
    if not lines:
        return 0
    print("\nThese answers cannot become a project:", *lines, sep="\n  - ", file=sys.stderr)
    print("Nothing was generated. Fix them and run it again.\n", file=sys.stderr, flush=True)
    slug = Path(answers["project_slug"])
    if len(slug.parts) > 1:
        remove_folders(slug, answers.get("_output_dir", "/".join([".."] * len(slug.parts))))
    return 1


if __name__ == "__main__":
    answers = json.loads(r"""{{ cookiecutter | tojson }}""")
    sys.exit(main({name: str(value) for name, value in answers.items()}))
