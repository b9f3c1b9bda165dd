"""The figures of the house: how long its files and functions are, import circles, late imports.

Used by test_figures.py, and run as `python -m tests.house.figures` from the root of the checkout (`make house`).
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median, quantiles

import grimp

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("avio", "supervisor")


@cache
def trees() -> dict[str, ast.Module]:
    """Return the product's own files by their paths from the root; what protoc made is left out."""
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    ours = sorted(file for file in files if not file.name.endswith("_pb2.py"))
    return {str(file.relative_to(ROOT)): ast.parse(file.read_text(encoding="utf-8")) for file in ours}


def file_lengths() -> dict[str, int]:
    """Return the lines of each file."""
    return {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in trees()}


def function_lengths() -> dict[str, int]:
    """Return the lines of each function by `path:name`; of two with one name, the longer one's."""
    lengths: dict[str, int] = {}
    for path, tree in trees().items():
        for node in functions(tree):
            key = f"{path}:{node.name}"
            lengths[key] = max(lengths.get(key, 0), (node.end_lineno or 0) - node.lineno + 1)
    return lengths


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method below `tree`."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def late_imports() -> set[str]:
    """Return `path: module` of each import inside a function, and `path: import_module` where a name is computed."""
    found = set()
    for path, tree in trees().items():
        for node in (inner for function in functions(tree) for inner in ast.walk(function)):
            if isinstance(node, ast.Import):
                found |= {f"{path}: {alias.name}" for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(f"{path}: {node.module}")
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
                found.add(f"{path}: import_module")
    return found


def circles(graph: grimp.ImportGraph) -> set[frozenset[str]]:
    """Return the groups of modules that import each other, directly or by way of others."""
    below = {module: graph.find_upstream_modules(module) for module in graph.modules}
    groups = {frozenset({module, *(each for each in below[module] if module in below[each])}) for module in below}
    return {group for group in groups if len(group) > 1}


def import_graph() -> grimp.ImportGraph:
    """Return which module of the product imports which."""
    return grimp.build_graph(*PACKAGES, cache_dir=None)


def main() -> None:
    """Print the figures."""
    lengths, functions_ = file_lengths(), function_lengths()
    largest = max(lengths, key=lambda path: lengths[path])
    longest = max(functions_, key=lambda name: functions_[name])
    print(f"files              {len(lengths)}, {sum(lengths.values())} lines")
    print(f"median file        {median(lengths.values()):.0f} lines")
    print(f"90th percentile    {quantiles(lengths.values(), n=10)[-1]:.0f} lines")
    print(f"largest file       {lengths[largest]} lines: {largest}")
    print(f"longest function   {functions_[longest]} lines: {longest}")
    print(f"import circles     {len(circles(import_graph()))}")
    print(f"late imports       {len(late_imports())}")
    for late in sorted(late_imports()):
        print(f"                   {late}")


if __name__ == "__main__":
    main()
