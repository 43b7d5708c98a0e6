"""Rooms import one way only, heavy libraries stay where they belong, and the public surface is as documented."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import dawbridge

PACKAGE = Path(dawbridge.__file__).resolve().parent
# Lowest first: a room imports from rooms above it in this list, and from itself.
ROOMS = [
    ("errors", "units", "curve", "pan", "params", "audio", "file_lock", "files", "midi_notes", "names")
    + ("paths", "progress", "seeds"),
    ("devices",),
    ("session",),
    ("features",),
    ("networks",),
    ("render",),
    ("datasets",),
    ("training",),
    ("search",),
    ("methods",),
    ("formats",),
    ("report",),
    ("api",),
    ("cli",),
    ("__main__",),
]
RANK = {room: rank for rank, row in enumerate(ROOMS) for room in row}
FORBIDDEN = {
    "formats": {"features", "networks", "render", "datasets", "training", "search", "methods"},
    "report": {"networks", "render", "datasets", "training", "search", "methods"},
    "features": {"devices", "session", "files", "paths"},
    "networks": {"devices", "session", "files", "paths", "audio"},
}
# Each heavy library, and the only modules that may import it, by how their names begin.
HEAVY = {
    "dawdreamer": ("devices.faust", "render.hosts.dawdreamer_strip", "render.probe", "datasets.midi_song"),
    "torch": (
        "features",
        "networks",
        "training",
        "search",
        "methods",
        "params",
        "devices.twins",
        "render.hosts.neural",
        "search",
    ),
    "lxml": ("formats", "report"),
    "matplotlib": ("report",),
    "pedalboard": ("render.probe",),
    "typer": ("cli",),
    "mido": ("datasets", "midi_notes"),
    "pyloudnorm": ("features",),
}
NEVER = ("pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle")


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports_of(path: Path):
    """(the module that is imported, its line), those inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import; write it out"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def room_of(module: str) -> str:
    return module.split(".")[0]


@pytest.mark.parametrize("name", [name for name in MODULES if name])
def test_imports_go_one_way(name):
    own = room_of(name)
    assert own in RANK, f"{own} has no place in the order of rooms"
    for module, line in imports_of(MODULES[name]):
        if not module.startswith("dawbridge."):
            continue
        other = room_of(module.removeprefix("dawbridge."))
        place = f"{MODULES[name]}:{line}: {own} imports {other}"
        assert other == own or RANK[other] <= RANK[own], place
        assert other not in FORBIDDEN.get(own, ()), place


def test_no_method_imports_another():
    """Nor does what all of them share, directly in `methods`, import one of them: the registry loads them by name."""
    rooms = {path.parent.name for path in (PACKAGE / "methods").glob("*/__init__.py")}
    methods = {name: path for name, path in MODULES.items() if name.count(".") >= 1 and room_of(name) == "methods"}
    for name, path in methods.items():
        for module, line in imports_of(path):
            parts = module.split(".")
            if parts[:2] == ["dawbridge", "methods"] and parts[2] in rooms:
                assert parts[2] == name.split(".")[1], f"{path}:{line}"


def test_there_is_no_cycle_of_modules():
    """At import time: what a function imports when it is called may come back."""
    edges = {name: set() for name in MODULES}
    for name, path in MODULES.items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dawbridge"):
                base = node.module.removeprefix("dawbridge").lstrip(".")
                for alias in node.names:
                    inner = f"{base}.{alias.name}".lstrip(".")
                    edges[name].add(inner if inner in MODULES else base)
    done, path_now = set(), []

    def visit(name):
        assert name not in path_now, " → ".join([*path_now, name])
        if name in done:
            return
        path_now.append(name)
        for other in edges[name] - {name}:
            visit(other)
        done.add(path_now.pop())

    for name in edges:
        visit(name)


@pytest.mark.parametrize("name", list(MODULES))
def test_heavy_libraries_stay_in_their_rooms(name):
    for module, line in imports_of(MODULES[name]):
        library = module.split(".")[0]
        if library in HEAVY:
            assert name.startswith(HEAVY[library]), f"{MODULES[name]}:{line}: {name} imports {library}"
        assert library not in NEVER, f"{MODULES[name]}:{line}: {library} runs what it reads"


def loaded_by(code: str) -> set[str]:
    """Top-level modules loaded in a fresh process after `code`."""
    script = f"import sys, json\n{code}\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    return set(json.loads(done.stdout.splitlines()[-1]))


HEAVY_TO_LOAD = {"torch", "dawdreamer", "matplotlib", "scipy", "pyloudnorm", "lxml", "pedalboard", "pydantic"}


@pytest.mark.parametrize(
    ("code", "kept_out"),
    [
        ("import dawbridge", HEAVY_TO_LOAD | {"numpy", "soundfile", "typer"}),
        ("import dawbridge as db; dir(db); db.__all__", HEAVY_TO_LOAD | {"numpy", "soundfile"}),
        ("import dawbridge.cli", HEAVY_TO_LOAD),
        ("import dawbridge.session", {"torch", "dawdreamer", "matplotlib", "scipy", "lxml", "pedalboard"}),
        ("from dawbridge.devices import all_devices; all_devices()", HEAVY_TO_LOAD),
        ("import dawbridge.render", {"torch", "dawdreamer", "matplotlib", "pedalboard"}),
        ("import dawbridge.formats", {"torch", "dawdreamer", "lxml", "matplotlib", "pedalboard"}),
    ],
    ids=["package", "surface", "cli", "session", "registry", "render", "formats"],
)
def test_importing_stays_light(code, kept_out):
    assert not loaded_by(code) & kept_out


# The public surface


VERBS = ["evaluate", "export", "import_session", "load_session", "recover", "render", "render_many", "translate"]


def test_the_public_surface_is_as_documented():
    assert dawbridge.__all__ == ["Recovered", "RenderOptions", "Translated", *VERBS]
    assert set(dawbridge.__all__) <= set(dir(dawbridge))
    for name in dawbridge.__all__:
        assert callable(getattr(dawbridge, name)) and getattr(dawbridge, name).__doc__
        assert (PACKAGE / "__init__.py").read_text().count(name) >= 2  # for type checkers too
    with pytest.raises(AttributeError, match="no attribute 'automagic'"):
        _ = dawbridge.automagic


BEFORE = ["", "import dawbridge.render", "from dawbridge.render import Farm", "db.load_session"]


@pytest.mark.parametrize("before", BEFORE)
def test_render_is_the_verb_whatever_was_imported_before(before):
    code = f"import dawbridge as db\n{before}\nassert db.render.__module__ == 'dawbridge.api.rendering', db.render"
    loaded_by(code + "\nfrom dawbridge import render; assert render is db.render\nfrom dawbridge.render import Farm")


def test_every_verb_has_types_and_a_docstring():
    from typing import get_type_hints

    for name in VERBS:
        verb = getattr(dawbridge, name)
        names = verb.__code__.co_varnames[: verb.__code__.co_argcount]
        assert {*names, "return"} <= get_type_hints(verb).keys(), name
