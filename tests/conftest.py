"""What all tests share: fixtures for what may be missing on a machine, and the rule about skips.

A fixture that finds its plugin or program missing skips the test, with the command that fetches it as the
reason. On a build server (CI=true) such a skip fails the run: there everything is fetched beforehand, and a
test that silently stopped running is a broken test. Only example audio may be missing there.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
ALLOWED_SKIPS = ("shared data:",)
ZAM_PLUGINS = ("ZamEQ2.vst3", "ZamCompX2.vst3", "DragonflyPlateReverb-vst.so")
MARKER_OF_FIXTURE = {"zam_plugins": "plugins", "binary": "plugins", "ardour": "ardour", "chromium": "browser"}
SKIPS = pytest.StashKey[list]()

# Every run draws the same examples. `--hypothesis-profile=explore` draws new ones; a failure prints how to repeat it.
settings.register_profile("fixed", derandomize=True, deadline=None, database=None)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("fixed")


# Fixtures


@pytest.fixture
def tmp_out(tmp_path: Path) -> Path:
    """A path for a command's --out, which does not exist yet."""
    return tmp_path / "out"


def plugin_folders() -> list[Path]:
    """Every folder in which the tests look for plugins, the user's own first."""
    own = os.environ.get("DAWBRIDGE_PLUGIN_PATH", "").split(os.pathsep)
    unpacked = [ROOT / ".plugins/usr/lib" / kind for kind in ("vst3", "vst", "lxvst")]
    system = [Path("/usr/lib") / kind for kind in ("vst3", "vst", "lxvst")]
    return [Path(folder) for folder in own if folder] + unpacked + system


@pytest.fixture(scope="session")
def zam_plugins() -> dict[str, Path]:
    """The file of each plugin in ZAM_PLUGINS, by its name."""
    found = {name: folder / name for name in ZAM_PLUGINS for folder in plugin_folders() if (folder / name).exists()}
    if len(found) < len(ZAM_PLUGINS):
        pytest.skip("plugin missing: run tools/fetch_plugins")
    return found


@pytest.fixture(scope="session")
def ardour() -> str:
    """The path of Ardour's command-line exporter, of whatever version is installed."""
    from render_bench.ardour import find_ardour  # in tools/

    if not (found := find_ardour()):
        pytest.skip("Ardour missing: run tools/fetch_plugins --ardour")
    return found


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium."""
    return which_or_skip(
        ("chromium", "chromium-browser", "google-chrome"),
        "Chromium missing: run tools/fetch_plugins --chromium",
    )


@pytest.fixture(scope="session")
def compiler() -> str:
    """The path of a C compiler."""
    return which_or_skip(("gcc", "cc", "clang"), "C compiler missing: run tools/fetch_plugins --gcc")


@pytest.fixture(scope="session")
def cxx_compiler() -> str:
    """The path of a C++ compiler."""
    return which_or_skip(("g++", "clang++", "c++"), "C++ compiler missing: run tools/fetch_plugins --gcc")


@pytest.fixture(scope="session")
def lv2apply() -> str:
    """The path of lilv's little host."""
    return which_or_skip(("lv2apply",), "lv2apply missing: run tools/fetch_plugins --lilv")


@pytest.fixture(scope="session")
def puredata() -> str:
    """The path of Pure Data, which has jsusfx~."""
    from jsfx_in_puredata import find_external

    reason = "Pure Data's jsusfx~ missing: run tools/fetch_plugins --pd"
    return which_or_skip(("pd",) if find_external() else (), reason)


def which_or_skip(names: tuple[str, ...], reason: str) -> str:
    """The path of the first of these programs that is there; skips where there is none."""
    found = [path for name in names if (path := shutil.which(name))]
    if not found:
        pytest.skip(reason)
    return found[0]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of optional example audio beside the checkout."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("shared data: not there")
    return folder


@pytest.fixture
def one_thread():
    """Torch on one thread: with more, small networks wait for busy cores, and sums come in another order."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session", autouse=True)
def own_home_folders(tmp_path_factory: pytest.TempPathFactory):
    """Keeps what tests cache and configure out of the user's own folders."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("CACHE", "CONFIG", "DATA", "STATE"):
            patch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))
        # Matplotlib's list of fonts takes seconds to make: this one outlives the run.
        patch.setenv("MPLCONFIGDIR", str(ROOT / ".pytest_cache" / "matplotlib"))
        yield


# Markers and skips


def pytest_configure(config: pytest.Config) -> None:
    """Starts the list of skips and watches the reports."""
    config.stash[SKIPS] = []
    config.pluginmanager.register(SkipWatch(config.stash[SKIPS]), "skip-watch")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks each test by the fixtures it uses, so that -m can choose by need."""
    for item in items:
        for fixture in set(getattr(item, "fixturenames", ())) & MARKER_OF_FIXTURE.keys():
            item.add_marker(MARKER_OF_FIXTURE[fixture])


class SkipWatch:
    """Notes each skip that a build server must not have."""

    def __init__(self, forbidden: list[str]):
        self.forbidden = forbidden

    def note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        """Adds the report to the list if it is such a skip; an expected failure is none."""
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not reason.removeprefix("Skipped: ").startswith(ALLOWED_SKIPS):
            self.forbidden.append(f"{report.nodeid}: {reason}")

    pytest_runtest_logreport = note
    pytest_collectreport = note


def on_build_server() -> bool:
    """Whether the environment says CI=true."""
    return os.environ.get("CI", "").lower() in ("true", "1")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fails a build server's run that skipped what it should have run."""
    if on_build_server() and session.config.stash[SKIPS] and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Says why such a run failed."""
    if on_build_server() and (skips := config.stash[SKIPS]):
        terminalreporter.section("skipped under CI=true: these should have run", red=True)
        for skip in skips:
            terminalreporter.line(skip)
