"""schema: the published JSON Schemas, of sessions, of chains and of each method's `metrics.json`."""

from pathlib import Path

from dawbridge.errors import InputError
from dawbridge.methods.registry import method_names
from dawbridge.paths import PACKAGE
from dawbridge.session import schema

METRICS = "-metrics"


def schema_kinds() -> list[str]:
    """What there is a schema of."""
    return [*schema.MODELS, *(f"{name}{METRICS}" for name in method_names())]


def schema_path(kind: str) -> Path:
    """The published schema of that kind of file. Raises InputError that lists the kinds."""
    if kind not in schema_kinds():
        raise InputError(f"unknown schema {kind!r}; known are {', '.join(schema_kinds())}")
    if kind in schema.MODELS:
        return schema.schema_path(kind)
    return PACKAGE / "methods" / kind.removesuffix(METRICS) / "metrics.schema.json"
