"""Refuse answers that cannot become a working project; runs in the new, still empty folder."""

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
# What an import or a folder of the project already means, or what Windows keeps for itself.
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
hydra identify idna imp iniconfig isodate isympy iterative_telemetry jinja2 jmespath joblib
jsonschema jsonschema_specifications jupyter jupyter_core jwt knack kombu librt mako markdown_it
markupsafe matplotlib mdurl mpmath msal msal_extensions multidict mypy mypy_extensions mypyc
narwhals nbformat nbstripout networkx nodeenv numpy nvidia oauthlib omegaconf opentelemetry optuna
orjson packaging pandas pathspec pil pillow pip platformdirs plotnine pluggy pre_commit
prompt_toolkit propcache proto protobuf psutil public py pyasn1 pyasn1_modules pycparser pydantic
pydantic_core pydantic_settings pydevd_plugins pydot pygit2 pygments pygtrie pyjwt pyparsing pytest
python_discovery pywin32 pyyaml referencing requests requests_oauthlib rich rpds ruamel ruff s3fs
safetensors scikit_learn scipy scmrepo seglearn semver setuptools shortuuid shtab six sklearn smmap
sqlalchemy sqltrie sshfs sympy tabulate termcolor threadpoolctl tomlkit torch torchgen torchvision
tqdm traitlets triton typer typing_extensions typing_inspection tzdata tzlocal urllib3 uv validate
vine virtualenv voluptuous wcwidth wheel wrapt xdist yaml yarl zc
"""

# What a place to keep data looks like, and an example of it.
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

# What the audit of the new project would refuse, for outside of answers it is a mistake.
REFUSED = re.compile(
    r"""[{][{]-?\s*cookiecutter\b | [{]%-?[^%]*\bcookiecutter\b | [{]%-?\s*\w+\s*-?%[}]
    | /(home|Users|root|tmp)/ | \b[A-Za-z]:[\\/]+(Users|Documents)
    | (?i:passw(or)?d|secret|token|api_?key)\s*[:=]\s*\S""",
    re.VERBOSE,
)


def illegal(text: str) -> bool:
    """Whether a character of `text` cannot stand in every TOML, YAML and source file."""
    kinds = {unicodedata.category(character) for character in text}
    return not kinds.isdisjoint({"Cc", "Cs", "Zl", "Zp"}) or "\ufffe" in text or "\uffff" in text


def slug_problem(slug: str) -> str:
    """What keeps `slug` from naming a folder and, with _ for -, a package; empty if nothing."""
    if not re.fullmatch(r"[a-z]([a-z0-9_-]{0,38}[a-z0-9])?", slug):
        return "use 1 to 40 of a-z, 0-9, - and _, first a letter, last a letter or digit"
    package = slug.replace("-", "_")
    if keyword.iskeyword(package) or package in {*TAKEN.split(), *sys.stdlib_module_names}:
        return f"Python, Windows or a dependency uses this name; try {('my-' + slug)[:40]}"
    return ""


def remote_problem(remote: str, url: str) -> str:
    """What keeps `url` from being the place of a remote of this kind; empty if nothing."""
    pattern, example = REMOTES[remote]
    if re.search(r"://[^/@]*:[^/@]*@", url):
        return "leave the password out: README.md of the project says where it goes"
    leaves = ".." in url.lstrip("./").split("/")
    if leaves or not re.fullmatch(pattern, url, re.ASCII):
        where = ", a folder outside the project" if remote == "local" else ""
        return f"a remote of the kind {remote} is written like {example}{where}"
    if refused := REFUSED.search(url):
        return f"{refused[0]!a} is a folder of one machine: choose one that all have"
    return ""


def problems(answers: dict[str, str]) -> list[str]:
    """Everything wrong with the answers, a line for each problem, with how to mend it."""
    found = []
    for name in ("project_name", "project_slug", "description", "author_name"):
        if name != "description" and not answers[name].strip():
            found.append(f"{name} is empty: give it a value")
        elif name == "project_slug" and (problem := slug_problem(answers[name])):
            found.append(f"{name} {answers[name]!a}: {problem}")
        elif illegal(answers[name]):
            found.append(f"{name} {answers[name]!a}: remove line breaks and control characters")
        elif name != "project_slug" and (refused := REFUSED.search(answers[name])):
            text = f"{name} has {refused[0]!a}, which reads as a template, a password or a folder"
            found.append(f"{text} of one machine: say it in other words")
    if answers["__package_name"] != answers["project_slug"].replace("-", "_"):
        found.append("__package_name follows from project_slug: do not set it")
    for name, choices in CHOICES.items():
        if answers[name] not in choices:
            found.append(f"{name} {answers[name]!a}: choose one of {', '.join(choices)}")
    remote, url = answers["remote"], answers["remote_url"]
    if remote in REMOTES and (problem := remote_problem(remote, url)):
        found.append(f"remote_url {url!a}: {problem}")
    elif f"{url}/".lower().startswith(f"../{answers['project_slug']}/".lower()):
        found.append(f"remote_url {url!a}: this is the project itself; choose a folder beside it")
    return found


def remove_folders(slug: Path, output_dir: str) -> None:
    """Remove the empty folders of a slug like a/b/c; cookiecutter itself removes only c."""
    os.chdir(output_dir)
    for folder in (slug, *slug.parents):
        with suppress(OSError):
            folder.rmdir()


def main(answers: dict[str, str]) -> int:
    """Print every problem, if any; the exit status."""
    found = problems(answers)
    if not found:
        return 0
    print("\nThese answers cannot become a project:", *found, sep="\n  - ", file=sys.stderr)
    print("Nothing was generated. Mend them and run it again.\n", file=sys.stderr, flush=True)
    slug = Path(answers["project_slug"])
    if len(slug.parts) > 1:
        remove_folders(slug, answers.get("_output_dir", "/".join([".."] * len(slug.parts))))
    return 1


if __name__ == "__main__":
    given = json.loads(r"""{{ cookiecutter | tojson }}""")
    sys.exit(main({name: str(value) for name, value in given.items()}))
