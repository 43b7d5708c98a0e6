"""Sessions as JSON: lossless, checked when they are read, with errors that say where the fault is."""

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from dawbridge.errors import InputError, reason_of
from dawbridge.files import write_text
from dawbridge.session.model import SESSION_VERSION, Session
from dawbridge.session.validation import check_session

MAX_BYTES = 256 * 2**20
Model = TypeVar("Model", bound=BaseModel)

# Plain texts for faults that pydantic describes in a programmer's terms.
_MESSAGES = {"extra_forbidden": "unknown name, remove or correct it", "missing": "missing, it must be given"}


def read_session(path: Path) -> Session:
    """The session in a JSON file. Raises InputError that names the file, the field and what is legal."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: larger than {MAX_BYTES >> 20} MiB; this is no session")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({reason_of(error)}); check the path") from None
    return decode_session(text, str(path))


def decode_session(text: str, where: str = "session") -> Session:
    """The session in a JSON text."""
    session = validated(Session, json_object(text, where, SESSION_VERSION), where)
    check_session(session, where)
    return session


def encode_session(session: Session) -> str:
    """The session as JSON text that `decode_session` reads back equal."""
    return session.model_dump_json(indent=1) + "\n"


def write_session(session: Session, path: Path) -> None:
    """Write session.json, whole or not at all."""
    write_text(path, encode_session(session))


def json_object(text: str, where: str, newest_version: int) -> dict:
    """The object in a JSON text whose `version` is not newer than `newest_version`."""
    try:
        data = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"{where}: not JSON ({error})") from None
    if not isinstance(data, dict):
        raise InputError(f"{where}: a JSON {type(data).__name__}, not an object")
    version = data.get("version", newest_version)
    if isinstance(version, int) and version > newest_version:
        newer = f"version {version} is newer than this dawbridge reads ({newest_version})"
        raise InputError(f"{where}: {newer}; update dawbridge, if this is the right file")
    return data


def validated(model: type[Model], data: Any, where: str) -> Model:
    """`data` as `model`, or an InputError that says where the first fault is, and how many there are.

    Nothing is converted: a number in quotes is no number, `true` is not 1, and 44100.0 is no whole number.
    """
    try:
        return model.model_validate_json(json.dumps(data, default=str), strict=True)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        location = "".join(map(_location_part, faults[0]["loc"])).lstrip(".")
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        got = repr(faults[0].get("input"))[:60]
        message = _MESSAGES.get(faults[0]["type"]) or faults[0]["msg"].replace("Input should", "should")
        raise InputError(f"{where}: {location or 'top level'}: {message}, got {got}{more}") from None


def _location_part(part: int | str) -> str:
    """One step of the path to a fault: `.name` or `[index]`. A key may hold any text, so it is cut."""
    return f".{part}" if isinstance(part, str) and part.isidentifier() else f"[{part!r}]"[:60]
