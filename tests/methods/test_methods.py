"""The methods: each is found by name, gives what the Protocol says, and its metrics' schema is the published one."""

import json

import pytest

from dawbridge.api.schemas import schema_kinds, schema_path
from dawbridge.errors import InputError
from dawbridge.methods.findings import Findings
from dawbridge.methods.registry import TRAINABLE, get_method, get_trainable, method_names
from dawbridge.session.schema import encode_schema


@pytest.mark.parametrize("name", method_names())
def test_a_method_has_its_name_its_findings_and_a_run(name):
    method = get_method(name)
    assert method.name == name and issubclass(method.findings, Findings) and callable(method.run)


@pytest.mark.parametrize("name", method_names())
def test_the_published_schema_is_that_of_the_findings(name):
    """After a change of a model, write `encode_schema(method.findings)` to `schema_path(kind)`."""
    path = schema_path(f"{name}-metrics")
    assert path.read_text(encoding="utf-8") == encode_schema(get_method(name).findings)
    assert json.loads(path.read_text(encoding="utf-8"))["additionalProperties"] is False


def test_those_that_train_are_methods_with_a_train():
    assert set(TRAINABLE) <= set(method_names())
    assert all(callable(get_trainable(name).train) for name in TRAINABLE)


@pytest.mark.parametrize("get", [get_method, get_trainable])
def test_an_unknown_method_is_refused_with_the_names(get):
    with pytest.raises(InputError, match="unknown method 'magic'; known are inversion"):
        get("magic")


def test_every_schema_is_there():
    assert {"session", "chain", "inversion-metrics", "translation-metrics"} == set(schema_kinds())
    assert all(schema_path(kind).is_file() for kind in schema_kinds())
    with pytest.raises(InputError, match="unknown schema 'mix'"):
        schema_path("mix")
