"""Lists: cursor pages {results, next, previous}; no totals, no offsets."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.views import APIView


class Page(serializers.Serializer[Any]):
    """The shape of every list; each kind adds its `results`. `next` and `previous` are addresses, null at the ends."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class CursorPage(CursorPagination):
    """At most 100 rows a page; the cursor carries the place, so new rows never shift a page."""

    page_size = 20
    page_size_query_param = "limit"
    max_page_size = 100

    def get_page_size(self, request: Any) -> int:
        """Return how many rows are wanted. Raises ValidationError (422) instead of guessing what -1 might have meant."""
        text = request.query_params.get(self.page_size_query_param)
        if text is None:
            return self.page_size
        wanted = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
        if not 1 <= wanted <= self.max_page_size:
            raise serializers.ValidationError({"limit": [_("A whole number from 1 to 100 is expected.")]})
        return wanted

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        """Read one page. Raises DRF's NotFound for a cursor that is not ours, also when it decodes to something."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValidationError, ValueError, DataError) as error:
            raise NotFound(self.invalid_cursor_message) from error


def page_of(
    view: APIView,
    queryset: QuerySet[Any],
    serializer_class: type[Any],
    ordering: Sequence[str] = ("-created_at", "-id"),
    context: dict[str, Any] | None = None,
) -> Response:
    """Answer one page of a queryset. Raises DRF's NotFound for a cursor that is not ours."""
    pager = CursorPage()
    pager.ordering = tuple(ordering)
    rows = pager.paginate_queryset(queryset, view.request, view)
    return pager.get_paginated_response(serializer_class(rows, many=True, context=context or {}).data)


def whole_page(page_class: type[Page], rows: Iterable[Any], *, status: int = 200) -> Response:
    """Answer a list so short by nature that one page holds it all."""
    return Response(page_class({"next": None, "previous": None, "results": rows}).data, status=status)
