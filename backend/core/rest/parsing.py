"""Reading bodies: JSON of bounded size and depth. Deep nesting is refused, not recursed into."""

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32


def _too_deep(text: str) -> bool:
    """Say whether brackets outside strings nest deeper than MAX_DEPTH, without recursion."""
    depth = 0
    inside = escaped = False
    for character in text:
        if inside:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                inside = False
        elif character == '"':
            inside = True
        elif character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif character in "]}":
            depth -= 1
    return False


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice")
    return found


def parse_json(raw: bytes) -> Any:
    """Return the value of a JSON text. Raises ValueError for what RFC 8259 or our bounds do not allow."""
    if len(raw) > MAX_BYTES:
        raise ValueError("too large")
    text = raw.decode("utf-8")
    if text.count("[") + text.count("{") > MAX_DEPTH and _too_deep(text):
        raise ValueError("nested too deeply")
    value = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_once)
    # A lone surrogate cannot be stored or sent as UTF-8; better to say so here than to break later.
    json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


class StrictJSONParser(BaseParser):
    """application/json, at most 1 MiB and 32 levels deep, no NaN, no repeated keys, no lone surrogates."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            return parse_json(stream.read(MAX_BYTES + 1))
        except (ValueError, RecursionError) as error:
            raise ParseError(str(error)[:100]) from error
