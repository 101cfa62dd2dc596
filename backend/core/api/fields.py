"""Serializer parts of the public contract: strict bodies, money, instants."""

from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.money import Money

MONEY_SCHEMA = {
    "type": "object",
    "properties": {"amount": {"type": "integer"}, "currency": {"type": "string"}},
    "required": ["amount", "currency"],
}


def _is_number_for_text(field: Any, value: Any) -> bool:
    return isinstance(field, serializers.CharField) and isinstance(value, int | float)


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer that refuses fields it does not know, so that a typing error is never silently dropped.

    It also refuses numbers where text is expected.
    """

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = set(data) - {name for name, field in self.fields.items() if not field.read_only}
            if unknown:
                word = _("This field is not known.")
                raise serializers.ValidationError(
                    {str(name)[:60]: [serializers.ErrorDetail(str(word), code="unknown_field")] for name in unknown}
                )
            numbers = [name for name, field in self.fields.items() if _is_number_for_text(field, data.get(name))]
            if numbers:
                # The library would write the digits down; our description says text, and 007 is not 7.
                raise serializers.ValidationError(
                    {name: [self.fields[name].error_messages["invalid"]] for name in numbers}
                )
        return super().to_internal_value(data)


@extend_schema_field(MONEY_SCHEMA)
class MoneyField(serializers.Field[Money, Any, Any, Any]):
    """{"amount": int in minor units, "currency": "VND"}; for answers only, prices never come from a client."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["read_only"] = True
        super().__init__(**kwargs)

    def to_representation(self, value: Money) -> dict[str, Any]:
        return value.as_json()


class AwareDateTime(serializers.DateTimeField):
    """An ISO-8601 instant that carries its offset; without one it is refused, because 09:00 alone is no instant.

    Sent in UTC, whatever the server's own zone.
    """

    default_error_messages = {"naive": _("Give the time with its offset, for example 2026-11-24T09:00:00+07:00.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)

    def to_internal_value(self, value: Any) -> datetime:
        if isinstance(value, str) and not (value.endswith(("Z", "z")) or "+" in value[10:] or "-" in value[10:]):
            self.fail("naive")
        try:
            found = super().to_internal_value(value)
            return found.astimezone(UTC)
        except (OverflowError, ValueError):
            self.fail("invalid", format="YYYY-MM-DDThh:mm:ss+hh:mm")
