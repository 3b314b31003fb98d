"""Order is determined: listed folders and iterated sets are sorted, sorts of arrays are stable."""

import ast
from collections.abc import Iterator

from .outcomes import words

Tree = dict[ast.AST, ast.AST]
_LISTINGS = frozenset(
    {"os.listdir", "os.scandir", "os.walk", "os.fwalk", "glob.glob", "glob.iglob"}
)
_METHODS = frozenset({"iterdir", "glob", "rglob", "scandir", "walk"})
# Calls whose result does not depend on order; a set is checked where it is iterated.
_ORDERLESS = frozenset({"sorted", "any", "all", "len", "set", "frozenset", "Counter"})
_PASSING = frozenset({"list", "tuple", "filter", "map", "iter"})
_WALKING = words("list tuple enumerate zip map filter iter next reversed dict sum deque chain")
_SET_METHODS = frozenset({"union", "intersection", "difference", "symmetric_difference"})
# Sorts whose order of equal elements depends on the processor's kernel, unless stable.
_SORTERS = words("sort argsort partition argpartition")
_SORTS = {*(f"numpy.{name}" for name in _SORTERS), "torch.sort", "torch.argsort"}
_OF_ARRAYS = words("axis kind order dim descending")
_LISTED = "lists a folder in arbitrary order; wrap it in `sorted(...)`"
_WALKED = "iterates over a set in arbitrary order; wrap it in `sorted(...)`"
_UNSTABLE = "orders equal elements as the processor does; "


def unordered(tree: Tree, names: dict[str, str]) -> Iterator[tuple[int, int, str]]:
    """Every unsorted listing, set iteration and unstable sort: first line, last line, reason.

    Args:
        tree: every node with its parent.
        names: what each imported name stands for.
    """
    sets = _set_names(tree)
    for node in tree:
        if isinstance(node, ast.Call) and (name := _listing(node, names)):
            reason = f"`{name}` {_LISTED}"
        elif isinstance(node, ast.Call) and (name := _sort(node, names)):
            yield node.lineno, node.end_lineno or node.lineno, _unstable(node, name)
            continue
        elif isinstance(node, ast.expr) and _walked(node, tree) and _is_set(node, tree, sets):
            reason = f"this {_WALKED}"
        else:
            continue
        if not _order_is_lost(node, tree):
            yield node.lineno, node.end_lineno or node.lineno, reason


def _listing(call: ast.Call, names: dict[str, str]) -> str:
    func = call.func
    if isinstance(func, ast.Name):
        full = names.get(func.id, "")
        return full if full in _LISTINGS else ""
    if not isinstance(func, ast.Attribute):
        return ""
    base = names.get(func.value.id, "") if isinstance(func.value, ast.Name) else ""
    if base:
        return f"{base}.{func.attr}" if f"{base}.{func.attr}" in _LISTINGS else ""
    # Functions such as `ast.walk` are named with their module; the rest are methods of paths.
    return f".{func.attr}()" if func.attr in _METHODS else ""


def _sort(call: ast.Call, names: dict[str, str]) -> str:
    """The name of an unstable sort of an array or a tensor; "" for any other call."""
    func = call.func
    if isinstance(func, ast.Name):
        full = names.get(func.id, "")
    elif isinstance(func, ast.Attribute) and func.attr in _SORTERS:
        base = names.get(func.value.id, "") if isinstance(func.value, ast.Name) else ""
        full = f"{base}.{func.attr}"
    else:
        return ""
    array = full in (".argsort", ".argpartition") or (full == ".sort" and _is_of_array(call))
    return full if (array or full in _SORTS) and not _is_stable(call) else ""


def _is_of_array(call: ast.Call) -> bool:
    """Whether a `sort` has arguments that the one of a list does not take."""
    return bool(call.args) or any(keyword.arg in _OF_ARRAYS for keyword in call.keywords)


def _is_stable(call: ast.Call) -> bool:
    given = {item.arg: getattr(item.value, "value", None) for item in call.keywords}
    return given.get("kind") in ("stable", "mergesort") or given.get("stable") is True


def _unstable(call: ast.Call, name: str) -> str:
    if name.endswith("partition"):
        return f'`{name}` {_UNSTABLE}use `numpy.argsort` or `numpy.sort` with kind="stable"'
    keywords = {keyword.arg for keyword in call.keywords}
    tensor = name.startswith("torch.") or keywords & {"dim", "descending"}
    return f"`{name}` {_UNSTABLE}add " + ("stable=True" if tensor else 'kind="stable"')


def _order_is_lost(node: ast.AST, tree: Tree) -> bool:
    """Whether the value goes, directly or through a comprehension, where order does not matter."""
    parent = tree.get(node)
    if isinstance(parent, ast.comprehension) and parent.iter is node:
        whole = tree[parent]
        return isinstance(whole, ast.SetComp) or _order_is_lost(whole, tree)
    if isinstance(parent, ast.Call) and node in parent.args:
        name = getattr(parent.func, "id", getattr(parent.func, "attr", ""))
        if name in _ORDERLESS or (name in ("min", "max") and not parent.keywords):
            return True
        return name in _PASSING and _order_is_lost(parent, tree)
    if isinstance(parent, ast.Starred):
        return isinstance(tree[parent], ast.Set) or _order_is_lost(parent, tree)
    if isinstance(parent, (ast.List, ast.Tuple, ast.BinOp)):
        return _order_is_lost(parent, tree)
    if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
        return _is_sorted_later(parent.targets[0], tree)
    return isinstance(parent, ast.Compare)


def _is_sorted_later(target: ast.Name, tree: Tree) -> bool:
    """Whether a name is sorted in place, or used only where its order is lost."""
    home = _scope(target, tree)
    uses = [
        node
        for node in tree
        if isinstance(node, ast.Name) and node.id == target.id and _scope(node, tree) is home
    ]
    loads = [node for node in uses if isinstance(node.ctx, ast.Load)]
    if any(getattr(tree[node], "attr", "") == "sort" for node in loads):
        return True
    return bool(loads) and all(_order_is_lost(node, tree) for node in loads)


def _walked(node: ast.expr, tree: Tree) -> bool:
    """Whether something iterates over this expression."""
    parent = tree[node]
    if isinstance(parent, (ast.For, ast.AsyncFor, ast.comprehension)):
        return parent.iter is node
    if isinstance(parent, ast.Starred):
        return True
    if isinstance(parent, ast.Call) and node in parent.args:
        name = getattr(parent.func, "id", getattr(parent.func, "attr", ""))
        return name in _WALKING or name in ("join", "extend", "fromkeys", "writelines")
    return isinstance(parent, ast.YieldFrom)


def _is_set(node: ast.expr, tree: Tree, sets: set[tuple[ast.AST | None, str]]) -> bool:
    if isinstance(node, (ast.Set, ast.SetComp)):
        return True
    if isinstance(node, ast.Name):
        return (_scope(node, tree), node.id) in sets or (None, node.id) in sets
    if isinstance(node, ast.BinOp) and isinstance(
        node.op, (ast.BitOr, ast.BitAnd, ast.Sub, ast.BitXor)
    ):
        return _is_set(node.left, tree, sets) or _is_set(node.right, tree, sets)
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("keys", "items"):
        # The view itself has an order; the result of `&`, `|`, `-` or `^` on it is a set.
        return isinstance(tree[node], ast.BinOp)
    if isinstance(node.func, ast.Attribute) and node.func.attr in _SET_METHODS:
        return _is_set(node.func.value, tree, sets)
    return isinstance(node.func, ast.Name) and node.func.id in ("set", "frozenset")


def _scope(node: ast.AST, tree: Tree) -> ast.AST | None:
    """The function that contains a node; None at the top of the module."""
    above = tree.get(node)
    while above is not None and not isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)):
        above = tree.get(above)
    return above


def _set_names(tree: Tree) -> set[tuple[ast.AST | None, str]]:
    """The names, by function, that are always sets: annotated as such, or assigned nothing else."""
    values: dict[tuple[ast.AST | None, str], list[ast.expr]] = {}
    sets: set[tuple[ast.AST | None, str]] = set()
    for node in tree:
        target = getattr(node, "target", None)
        if isinstance(node, ast.arg) and _says_set(node.annotation):
            sets.add((_scope(node, tree), node.arg))
        elif isinstance(node, ast.AnnAssign) and isinstance(target, ast.Name):
            if _says_set(node.annotation):
                sets.add((_scope(node, tree), target.id))
        elif isinstance(node, ast.Assign):
            for name in node.targets:
                if isinstance(name, ast.Name):
                    values.setdefault((_scope(node, tree), name.id), []).append(node.value)
    # Twice, since a set may be made from a set that comes later in `values`.
    for _ in range(2):
        sets |= {
            key for key, given in values.items() if all(_is_set(item, tree, sets) for item in given)
        }
    return sets


def _says_set(annotation: ast.expr | None) -> bool:
    name = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return getattr(name, "id", "") in ("set", "frozenset", "Set", "AbstractSet")
