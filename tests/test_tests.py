"""The tests' own rules: nothing fails by chance, and no test module leans on another."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
MODULES = sorted(path for path in TESTS.rglob("*.py") if "fixtures" not in path.relative_to(TESTS).parts)
CLOCKS = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "process_time_ns"}
SEEDED = {"Random", "Generator", "default_rng", "SeedSequence", "PCG64"}
TORCH_RANDOM = {"rand", "randn", "randint", "randperm", "normal"}
LEAST_TIMEOUT_S = 60  # of another process: it only keeps a run from hanging
WAITS = {"run", "communicate", "wait", "check_output", "check_call"}
LONGEST_LINES = 400


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def name_of(node: ast.AST) -> str:
    """A dotted name, as far as it is one."""
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def calls(tree: ast.AST) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_module_imports_a_test_module(path):
    rows = [node for node in ast.walk(parsed(path)) if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = [alias.name for row in rows for alias in row.names]
    names += [row.module or "" for row in rows if isinstance(row, ast.ImportFrom)]
    assert not [name for name in names if name.rsplit(".", 1)[-1].startswith("test_") and not name.startswith("tests.")
                and (TESTS / f"{name}.py").exists()], "what two tests share stands in a module of its own"  # fmt: skip


def is_unseeded(call: ast.Call) -> bool:
    """Whether the call draws what no other run draws."""
    owner, _, function = name_of(call.func).rpartition(".")
    if owner in ("random", "np.random", "numpy.random"):
        return function not in SEEDED or function in ("Random", "default_rng") and not call.args
    return function == "default_rng" and not call.args


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_randomness_has_a_seed(path):
    tree = parsed(path)
    assert not [call.lineno for call in calls(tree) if is_unseeded(call)], "lines that draw without a seed"
    draws = [call for call in calls(tree) if name_of(call.func) in {f"torch.{name}" for name in TORCH_RANDOM}]
    bare = [call.lineno for call in draws if not any(word.arg == "generator" for word in call.keywords)]
    assert not bare or any(name_of(call.func).endswith("manual_seed") for call in calls(tree)), bare


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_assertion_looks_at_a_clock(path):
    checks = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.Assert)]
    bad = [row.lineno for row in checks for call in calls(row.test) if name_of(call.func).split(".")[-1] in CLOCKS]
    assert not bad, "count calls, bytes or steps instead; what is about speed is a benchmark in tools/"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_waiting_for_a_process_takes_a_slow_machine_into_account(path):
    rows = [
        (call.lineno, word.value.value)
        for call in calls(parsed(path))
        if name_of(call.func).split(".")[-1] in WAITS
        for word in call.keywords
        if word.arg == "timeout" and isinstance(word.value, ast.Constant)
    ]
    assert not [row for row in rows if row[1] < LEAST_TIMEOUT_S]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_file_is_too_long_to_read(path):
    assert len(path.read_text().splitlines()) <= LONGEST_LINES
