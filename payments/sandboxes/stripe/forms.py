"""Stripe's form encoding: `line_items[0][price_data][currency]=vnd` to nested dictionaries and lists; and values read from it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from payments.sandboxes.stripe.errors import invalid, missing

_PART = re.compile(r"\[([^\[\]]*)\]")
DEEPEST = 8


def names(text: str) -> frozenset[str]:
    """Read a list of words."""
    return frozenset(text.split())


def decode(text: str) -> dict[str, Any]:
    """Read a body or query. Raises Refused for a name that cannot be read."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=1000):
        head, _, rest = name.partition("[")
        parts = [head, *_PART.findall("[" + rest)] if rest else [head]
        if not head or len(parts) > DEEPEST:
            raise invalid(f"Received unknown parameter: {name[:80]}", code="parameter_unknown", param=name[:80])
        place = tree
        for part in parts[:-1]:
            inner = place.setdefault(part or str(len(place)), {})
            if not isinstance(inner, dict):
                raise invalid(f"Invalid object: {name[:80]}", param=name[:80])
            place = inner
        place[parts[-1] or str(len(place))] = value
    return {name: _lists(value) for name, value in tree.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdecimal() for key in value):
        return [_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _lists(inner) for key, inner in value.items()}


def whole(params: dict[str, Any], name: str, *, low: int | None = None, high: int | None = None) -> int | None:
    """Read an integer; None when it is not there. Raises Refused."""
    text = params.get(name)
    if text is None or text == "":
        return None
    if not isinstance(text, str) or not re.fullmatch(r"-?[0-9]{1,18}", text, re.ASCII):
        raise invalid(f"Invalid integer: {text}", code="parameter_invalid_integer", param=name)
    number = int(text)
    if low is not None and number < low:
        raise invalid(
            f"This value must be greater than or equal to {low}.", code="parameter_invalid_integer", param=name
        )
    if high is not None and number > high:
        raise invalid(f"This value must be less than or equal to {high}.", code="parameter_invalid_integer", param=name)
    return number


def text_of(params: dict[str, Any], name: str, *, longest: int = 5000) -> str | None:
    """Read a text; None when it is not there. Raises Refused."""
    value = params.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise invalid(f"Invalid string: {name}", param=name)
    if len(value) > longest:
        raise invalid(
            f"Invalid string: must be at most {longest} characters", code="parameter_invalid_string_long", param=name
        )
    return value


def required(params: dict[str, Any], name: str, *, longest: int = 5000) -> str:
    found = text_of(params, name, longest=longest)
    if found is None:
        raise missing(name)
    return found


def one_of(params: dict[str, Any], name: str, choices: tuple[str, ...], usual: str) -> str:
    found = text_of(params, name) or usual
    if found not in choices:
        raise invalid(f"Invalid {name}: must be one of {', '.join(choices)}", code="parameter_unknown", param=name)
    return found


def inner(params: dict[str, Any], name: str) -> dict[str, Any]:
    """Read an object inside; empty when it is not there. Raises Refused."""
    found = params.get(name) or {}
    if not isinstance(found, dict):
        raise invalid(f"Invalid object: {name}", param=name)
    return found


def metadata(params: dict[str, Any]) -> dict[str, str]:
    found = inner(params, "metadata")
    if len(found) > 50 or any(not isinstance(value, str) or len(value) > 500 for value in found.values()):
        raise invalid("Metadata holds up to 50 keys with values of up to 500 characters.", param="metadata")
    return dict(found)


def only(params: dict[str, Any], known: frozenset[str]) -> None:
    """Refuse what the call does not know, as the real one does."""
    for name in params:
        if name not in known and name != "expand":
            raise invalid(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
