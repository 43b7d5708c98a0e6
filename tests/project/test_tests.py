"""The tests' own rules: nothing fails by chance, and no test module leans on another."""

import ast
from pathlib import Path

import pytest

TESTS = next(path for path in Path(__file__).resolve().parents if path.name == "tests")
CLOCKS = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "process_time_ns"}
SEEDED = {"Random", "Generator", "default_rng", "SeedSequence", "PCG64"}
TORCH_RANDOM = {f"torch.{name}" for name in ("rand", "randn", "randint", "randperm", "normal")}
LEAST_TIMEOUT_S = 60  # of another process: it only keeps a run from hanging
WAITS = {"run", "communicate", "wait", "check_output", "check_call"}
LONGEST_LINES = 400


@pytest.fixture(scope="module")
def modules() -> dict[Path, ast.Module]:
    """Every Python file among the tests, but for fixtures."""
    paths = sorted(path for path in TESTS.rglob("*.py") if "fixtures" not in path.relative_to(TESTS).parts)
    return {path: ast.parse(path.read_text()) for path in paths}


def name_of(node: ast.AST) -> str:
    """A dotted name, as far as it is one."""
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def calls(tree: ast.AST) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def imported(tree: ast.AST) -> list[str]:
    """The modules that are imported, and the names that are taken from some."""
    rows = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    return [alias.name for row in rows for alias in row.names] + [
        row.module for row in rows if isinstance(row, ast.ImportFrom) and row.module
    ]


def test_no_module_imports_a_test_module(modules):
    """What two tests share stands in a module of its own."""
    tests = {path.stem for path in modules if path.stem.startswith("test_")}
    assert not [(path.name, name) for path, tree in modules.items() for name in imported(tree) if name in tests]


def is_unseeded(call: ast.Call, has_random: bool) -> bool:
    """Whether the call draws what no other run draws."""
    owner, _, function = name_of(call.func).rpartition(".")
    if owner in ("np.random", "numpy.random") or owner == "random" and has_random:
        return function not in SEEDED or function in ("Random", "default_rng") and not call.args
    return function == "default_rng" and not call.args


def test_randomness_has_a_seed(modules):
    found = []
    for path, tree in modules.items():
        rows = calls(tree)
        has_random = "random" in imported(tree)
        found += [(path.name, call.lineno) for call in rows if is_unseeded(call, has_random)]
        if not any(name_of(call.func).endswith("manual_seed") for call in rows):
            found += [(path.name, call.lineno) for call in rows if name_of(call.func) in TORCH_RANDOM]
    assert not found


def test_no_assertion_looks_at_a_clock(modules):
    """It counts calls, bytes or steps instead; what is about speed is a benchmark in tools/."""
    checks = [(path, row) for path, tree in modules.items() for row in ast.walk(tree) if isinstance(row, ast.Assert)]
    names = [(path, row, name_of(call.func)) for path, row in checks for call in calls(row.test)]
    assert not [(path.name, row.lineno) for path, row, name in names if name.rsplit(".", 1)[-1] in CLOCKS]


def test_waiting_for_a_process_takes_a_slow_machine_into_account(modules):
    found = []
    for path, tree in modules.items():
        for call in calls(tree):
            words = {word.arg: word.value for word in call.keywords}
            limit = words.get("timeout")
            if name_of(call.func).rsplit(".", 1)[-1] in WAITS and isinstance(limit, ast.Constant):
                found += [(path.name, call.lineno)] if limit.value and limit.value < LEAST_TIMEOUT_S else []
    assert not found


def test_no_file_is_too_long_to_read(modules):
    assert not [path.name for path in modules if len(path.read_text().splitlines()) > LONGEST_LINES]
