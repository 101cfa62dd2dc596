"""OpenAPI: every operation says which refusals it may answer, all in one shape."""

import re
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from core.actor import ANYONE

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem document",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
    },
    "required": ["type", "title", "status", "detail", "code"],
}
WORDS = {
    "400": "The body could not be read.",
    "401": "Nobody is signed in.",
    "403": "The role may not do this.",
    "404": "Absent, or not yours.",
    "405": "The address does not do that.",
    "406": "No such representation.",
    "409": "The world has moved on.",
    "415": "This media type is not read.",
    "422": "Some values are not right.",
    "429": "Asked too often.",
    "503": "Not available just now.",
}


class ProblemSchema(AutoSchema):
    """Adds the refusals of core.errors to each operation, and the Idempotency-Key header where it is read."""

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if not operation:
            return operation
        statuses = {"404", "406", "422", "429", "503"}
        if getattr(self.view, "access", ANYONE) != ANYONE or self.view.get_authenticators():
            statuses |= {"401", "403"}
        if self.method not in {"GET", "HEAD"}:
            statuses |= {"400", "409", "415"}
        elif getattr(self.view, "may_conflict", False):  # what it shows is made when it is asked for
            statuses |= {"409"}
        for status in sorted(statuses):
            operation["responses"].setdefault(
                status,
                {
                    "description": WORDS[status],
                    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                },
            )
        return operation

    def get_operation_id(self) -> str:
        """Return method and address in words: "get_appointments", "post_appointments_by_appointment_id_cancel"."""
        words = self.path.removeprefix("/api/v1/").replace("{", "by_").replace("}", "")
        return f"{self.method.lower()}_{re.sub(r'[^a-z0-9]+', '_', words.lower()).strip('_')}"

    def get_override_parameters(self) -> list[Any]:
        handler = getattr(self.view, self.method.lower(), None)
        if handler is not None and getattr(handler, "__wrapped__", None) is not None and self.method == "POST":
            return [OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, required=False)]
        return []


def add_problem(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Spectacular's postprocessing hook: the one Problem schema."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    return result
