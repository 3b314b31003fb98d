"""Randomness is seeded: no code of a stage draws from outside the seed."""

import ast
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from .building import building
from .dvc_yaml import stages
from .ordering import unordered
from .outcomes import Check, Finding, check, count, words
from .parsing import parents
from .pipeline import code_of
from .project import Project
from .rooms import ENGINE

_CLOCK = "a clock; results must not depend on time"
_CHANCE = "randomness outside the seed; draw from a stream of the seed"
_GLOBAL = "the global random state; pass a generator made from the seed"
_UNSEEDED = "a generator without a seed; seed it"
_PICKLE = "a pickle, which runs code and depends on versions; use safetensors, .npy or JSON"
_HERE = "a property of this machine, user or process; results must not depend on it"
_AWAY = "something outside the project, which has no version; track a copy with DVC and read that"
_FINISH = "results in the order in which they finish; keep the order of the inputs"


def _every(names: str, module: str, reason: str) -> dict[str, str]:
    return {f"{module}.{name}": reason for name in names.split()}


# Names that are always refused, whether called or passed on.
_NEVER = {
    **_every(
        "time time_ns perf_counter perf_counter_ns monotonic monotonic_ns process_time"
        " process_time_ns thread_time localtime gmtime ctime strftime",
        "time",
        _CLOCK,
    ),
    **_every("now utcnow today", "datetime.datetime", _CLOCK),
    "datetime.date.today": _CLOCK,
    **_every("uuid1 uuid4 uuid6 uuid7 getnode", "uuid", _CHANCE),
    **_every("urandom getrandom", "os", _CHANCE),
    "random.SystemRandom": _CHANCE,
    **_every("getpid getppid getlogin", "os", _HERE),
    **_every("gethostname getfqdn", "socket", _HERE),
    "platform.node": _HERE,
    "getpass.getuser": _HERE,
    **_every("urlopen urlretrieve", "urllib.request", _AWAY),
    **_every("load load_state_dict_from_url download_url_to_file", "torch.hub", _AWAY),
    **_every("get post request Session", "requests", _AWAY),
    **_every("get post request stream Client", "httpx", _AWAY),
    **_every("hf_hub_download snapshot_download", "huggingface_hub", _AWAY),
    **_every("expanduser expandvars", "os.path", _AWAY),
    "pathlib.Path.home": _AWAY,
    "torch.seed": _CHANCE,
    **_every("load loads Unpickler", "pickle", _PICKLE),
    **_every("load", "joblib", _PICKLE),
    "concurrent.futures.as_completed": _FINISH,
    "asyncio.as_completed": _FINISH,
}
# Calls that are refused without an argument, the seed.
_SEEDED = words(
    "random.Random random.seed numpy.random.seed numpy.random.default_rng numpy.random.SeedSequence"
    " numpy.random.RandomState numpy.random.PCG64 numpy.random.PCG64DXSM numpy.random.Philox"
    " numpy.random.MT19937 numpy.random.SFC64"
)
_NUMPY_TYPES = frozenset({"numpy.random.Generator", "numpy.random.BitGenerator"})
# Calls that are refused without this keyword.
_KEYWORDS = {
    **_every(
        "rand randn randint randperm normal bernoulli multinomial poisson rand_like randn_like"
        " randint_like",
        "torch",
        "generator",
    ),
    **_every(
        "DataLoader RandomSampler SubsetRandomSampler WeightedRandomSampler random_split",
        "torch.utils.data",
        "generator",
    ),
    **_every(
        "uniform_ normal_ trunc_normal_ xavier_uniform_ xavier_normal_ kaiming_uniform_"
        " kaiming_normal_ orthogonal_ sparse_",
        "torch.nn.init",
        "generator",
    ),
    **_every(
        "train_test_split ShuffleSplit StratifiedShuffleSplit GroupShuffleSplit",
        "sklearn.model_selection",
        "random_state",
    ),
    **_every("shuffle resample", "sklearn.utils", "random_state"),
    **_every(
        "RandomForestClassifier RandomForestRegressor ExtraTreesClassifier ExtraTreesRegressor"
        " GradientBoostingClassifier GradientBoostingRegressor HistGradientBoostingClassifier"
        " HistGradientBoostingRegressor",
        "sklearn.ensemble",
        "random_state",
    ),
}
# Variables that launchers of several processes set; they do not change results.
_LAUNCHERS = words("RANK WORLD_SIZE LOCAL_RANK LOCAL_WORLD_SIZE MASTER_ADDR MASTER_PORT")
# Methods of tensors that draw random numbers, whatever the tensor's name.
_METHODS = words("normal_ uniform_ bernoulli_ random_ exponential_ cauchy_ geometric_ log_normal_")


class Fault(NamedTuple):
    """A refused use: first and last line, the reason, whether it uses torch's own generator."""

    line: int
    last: int
    reason: str
    drawn: bool = False


def randomness(project: Project) -> Check:
    """No global randomness, clock or arbitrary order in code that decides results."""
    before = len(project.allowed_lines)
    files, seeded = deciding(project), building(project)
    findings = [
        Finding(path, fault.line, f"{fault.reason}, or explain it with `# audit: reason`")
        for path in files
        for fault in _faults(project.text(path) or "" if project.tree(path) else "")
        if not (fault.drawn and (path, fault.line) in seeded)
        and not project.allows(path, fault.line, fault.last)
    ]
    allowed = count(len(project.allowed_lines) - before, "line")
    subject = f"{count(len(files), 'file')} that decide results, {allowed} allowed by comment"
    return check("randomness", subject, "nothing left to chance", findings)


def deciding(project: Project) -> list[str]:
    """The files that any stage runs; if no stage can be read, all sources except this audit."""
    files = {file for stage in stages(project) for file in code_of(project, stage)}
    python = sorted(file for file in files if file.endswith(".py"))
    return python or [path for path in project.sources if not path.startswith(f"{ENGINE}/audit/")]


@cache
def _faults(text: str) -> tuple[Fault, ...]:
    tree = parents(text)
    names = _imported(tree)
    faults = [
        Fault(node.lineno, node.lineno, f"`from {node.module} import *` hides what it imports")
        for node in tree
        if isinstance(node, ast.ImportFrom) and _star(node)
    ]
    for node in tree:
        if isinstance(node, (ast.Name, ast.Attribute)) and not _longer(node, tree[node]):
            name = _dotted(node, names)
            if reason := _reason(node, tree[node], name):
                faults.append(_fault(node, tree[node], reason, drawn=_is_drawn(name)))
    faults += [Fault(*item) for item in unordered(tree, names)]
    faults += [Fault(node.lineno, node.lineno, reason) for node, reason in _settings(tree, names)]
    return tuple(faults)


def _star(node: ast.ImportFrom) -> bool:
    root = (node.module or "").partition(".")[0]
    wild = any(alias.name == "*" for alias in node.names)
    return (
        wild and not node.level and root in ("random", "numpy", "torch", "time", "uuid", "secrets")
    )


def _imported(tree: dict[ast.AST, ast.AST]) -> dict[str, str]:
    """The full name of each imported name: `np` is `numpy`, `rnd` is `random.shuffle`."""
    names = {}
    for node in tree:
        if isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name.partition(".")[0]
                names[alias.asname or root] = alias.name if alias.asname else root
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def _longer(node: ast.AST, parent: ast.AST) -> bool:
    """Whether a name is only the start of a longer one: `np` in `np.random.rand`."""
    return isinstance(parent, ast.Attribute) and parent.value is node


def _dotted(node: ast.AST, names: dict[str, str]) -> str:
    """The full name of `np.random.rand`, "numpy.random.rand"; a part not imported is "?"."""
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, names)}.{node.attr}"
    return names.get(node.id, f"?{node.id}") if isinstance(node, ast.Name) else "?"


def _reason(node: ast.AST, parent: ast.AST, name: str) -> str:
    call = parent if isinstance(parent, ast.Call) and parent.func is node else None
    if name in _NEVER:
        return f"`{name}` is {_NEVER[name]}"
    if name == "os.environ" and isinstance(parent, ast.Subscript):
        return _variable(parent.slice) if isinstance(parent.ctx, ast.Load) else ""
    if name in ("os.getenv", "os.environ.get") and call and call.args:
        return _variable(call.args[0])
    if name.startswith("secrets."):
        return f"`{name}` is {_CHANCE}"
    if name in _SEEDED:
        return f"`{name}` is {_UNSEEDED}" if call and not _has_seed(call) else ""
    if name.startswith(("random.", "numpy.random.")):
        known = name in _NUMPY_TYPES or name.removeprefix("random.")[:1].isupper()
        return "" if known or name == "numpy.random" else f"`{name}` uses {_GLOBAL}"
    if call is None:
        return ""
    return _call_reason(call, name)


def _call_reason(call: ast.Call, name: str) -> str:
    if name.endswith(".DataLoader"):
        name = "torch.utils.data.DataLoader"
    method = name.rpartition(".")[2]
    wanted = _KEYWORDS.get(name) or ("generator" if name[0] == "?" and method in _METHODS else "")
    if wanted and "." in name and not _has(call, wanted):
        return f"`{name.lstrip('?')}` without `{wanted}=` uses {_GLOBAL}"
    if name == "torch.load" and not _is_true(call, "weights_only"):
        return f"`torch.load` reads {_PICKLE}"
    if name == "numpy.load" and _is_true(call, "allow_pickle"):
        return f"`numpy.load` reads {_PICKLE}"
    if name == "?hash":
        return "`hash()` differs from run to run; use hashlib"
    if method == "expanduser":
        return f"`expanduser` leads to {_AWAY}"
    if method == "from_pretrained" and not _is_true(call, "local_files_only"):
        return f"`from_pretrained` without `local_files_only=True` may read {_AWAY}"
    if method == "imap_unordered":
        return f"`imap_unordered` yields {_FINISH}"
    return ""


def _variable(key: ast.expr) -> str:
    """Why the environment variable `key` is refused; "" if its name is computed or allowed."""
    name = key.value if isinstance(key, ast.Constant) else None
    if not isinstance(name, str) or name in _LAUNCHERS:
        return ""
    return f"the environment variable {name} is a parameter that nothing tracks; use params.yaml"


def _has_seed(call: ast.Call) -> bool:
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    return not all(isinstance(value, ast.Constant) and value.value is None for value in values)


def _has(call: ast.Call, keyword: str) -> bool:
    """Whether a call passes a keyword, by name or possibly in `**options`."""
    given = [item.value for item in call.keywords if item.arg in (keyword, None)]
    return not all(isinstance(value, ast.Constant) and value.value is None for value in given)


def _is_true(call: ast.Call, keyword: str) -> bool:
    given = [item.value for item in call.keywords if item.arg == keyword]
    return any(isinstance(value, ast.Constant) and value.value is True for value in given)


def _is_drawn(name: str) -> bool:
    """Whether the name is of a call that uses torch's own generator."""
    own = name.startswith("torch.") and not name.startswith("torch.utils.") and name in _KEYWORDS
    return own or (name.startswith("?") and name.rpartition(".")[2] in _METHODS)


def _fault(node: ast.Name | ast.Attribute, parent: ast.AST, reason: str, *, drawn: bool) -> Fault:
    last = getattr(parent if isinstance(parent, ast.Call) else node, "end_lineno", None)
    return Fault(node.lineno, last or node.lineno, reason, drawn)


def _settings(
    tree: dict[ast.AST, ast.AST], names: dict[str, str]
) -> Iterator[tuple[ast.Assign, str]]:
    for node in tree:
        if isinstance(node, ast.Assign):
            on = isinstance(node.value, ast.Constant) and node.value.value is True
            if on and _dotted(node.targets[0], names).endswith("cudnn.benchmark"):
                yield node, "`cudnn.benchmark` chooses algorithms by their timing; set it to False"
