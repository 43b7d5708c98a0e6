"""As much of JSON Schema (draft 2020-12) as the published schemas use; another keyword is an error."""

import re

IGNORED = {"$schema", "$defs", "title", "description", "default"}
TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "integer": int,
    "number": (int, float),
}


def is_valid(data, schema: dict, root: dict | None = None) -> bool:
    """Whether `data`, as json.loads gives it, meets `schema`."""
    root = root or schema
    rules = {keyword: wanted for keyword, wanted in schema.items() if keyword not in IGNORED}
    return all(_holds(keyword, wanted, data, schema, root) for keyword, wanted in rules.items())


def _holds(keyword: str, wanted, data, schema: dict, root: dict) -> bool:
    match keyword:
        case "$ref":
            return is_valid(data, root["$defs"][re.fullmatch(r"#/\$defs/(\w+)", wanted)[1]], root)
        case "anyOf":
            return any(is_valid(data, one, root) for one in wanted)
        case "type":
            return isinstance(data, TYPES[wanted]) and (wanted == "boolean" or not isinstance(data, bool))
        case "const":
            return type(data) is type(wanted) and data == wanted
        case "enum":
            return any(type(data) is type(one) and data == one for one in wanted)
        case "minimum" | "maximum":
            return not _is_number(data) or (data >= wanted if keyword == "minimum" else data <= wanted)
        case "minLength":
            return not isinstance(data, str) or len(data) >= wanted
        case "minItems" | "maxItems":
            return not isinstance(data, list) or (len(data) >= wanted if keyword == "minItems" else len(data) <= wanted)
        case "items":
            return not isinstance(data, list) or all(is_valid(item, wanted, root) for item in data)
        case "prefixItems":
            return not isinstance(data, list) or all(is_valid(d, s, root) for d, s in zip(data, wanted))
        case "required":
            return not isinstance(data, dict) or all(name in data for name in wanted)
        case "properties":
            return not isinstance(data, dict) or all(is_valid(data[n], s, root) for n, s in wanted.items() if n in data)
        case "additionalProperties":
            named = schema.get("properties", {})
            others = {n: d for n, d in data.items() if n not in named} if isinstance(data, dict) else {}
            return not others if wanted is False else all(is_valid(d, wanted, root) for d in others.values())
        case "propertyNames":
            return not isinstance(data, dict) or all(is_valid(name, wanted, root) for name in data)
    raise NotImplementedError(keyword)


def _is_number(data) -> bool:
    return isinstance(data, (int, float)) and not isinstance(data, bool)
