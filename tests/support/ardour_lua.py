"""Ardour's Lua interface without a screen: it loads a session, does what a script says, and saves it."""

import subprocess
from pathlib import Path

from render_bench.ardour import TRIES, TRY_S, Ardour

_FRAME = """
local session = load_session(arg[1], arg[2])
assert(session)
local alone = PBD.GroupControlDisposition.NoGroup
local function route(name) return session:route_by_name(name) end
local function set(control, value) control:set_value(value, alone) end
local function at(samples) return Temporal.timepos_t(samples) end
local function regions(name)
    local found = {}
    for region in route(name):to_track():playlist():region_list():iter() do found[#found + 1] = region end
    return found
end
local function send_from(name, to, place)
    local routes = ARDOUR.RouteListPtr()
    routes:push_back(route(name))
    session:add_internal_sends(route(to), place, routes)
end
%s
ARDOUR.LuaAPI.usleep(300000)
session:save_state("")
close_session()
print("saved")
"""


def edit(ardour: Ardour, session: Path, script: str) -> None:
    """Ardour loads the session file, runs the Lua `script` on it, and saves it in its place."""
    program = ardour.program.with_name(ardour.program.name.replace("-export", "-lua"))
    written = session.with_suffix(".lua")
    written.write_text(_FRAME % script, encoding="utf-8")
    before, said = session.read_bytes(), ""
    command = ["taskset", "-c", "0", str(program), str(written), str(session.parent), session.stem]
    for _ in range(TRIES):
        session.write_bytes(before)
        try:
            run = subprocess.run(command, env=ardour.environment, capture_output=True, timeout=TRY_S)
        except subprocess.TimeoutExpired:
            continue
        said = (run.stdout + run.stderr).decode(errors="replace")
        if b"saved" in run.stdout and session.read_bytes() != before:
            return
        assert "Error:" not in said, said
    raise AssertionError(f"Ardour did not save {session} in {TRIES} tries: {said[-2000:]}")
