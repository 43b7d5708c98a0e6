"""The JSON Schemas of session and chain files, as published beside this module, and made from the models.

They describe a file's form. They cannot hold what only the device tables know (parameter names and ranges):
`read_session` and `read_chain` check that too.
"""

import json
from pathlib import Path

from pydantic import BaseModel

from dawbridge.errors import InputError
from dawbridge.session.chain import Chain
from dawbridge.session.model import Session

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MODELS = {"chain": Chain, "session": Session}


def schema_path(kind: str) -> Path:
    """The published schema of `session` or `chain` files."""
    if kind not in MODELS:
        raise InputError(f"unknown schema {kind!r}; known are {', '.join(MODELS)}")
    return Path(__file__).with_name(f"{kind}.schema.json")


def encode_schema(model: type[BaseModel]) -> str:
    """The schema made from a model, as the text of a published file."""
    return json.dumps({"$schema": DIALECT} | model.model_json_schema(), indent=1) + "\n"
