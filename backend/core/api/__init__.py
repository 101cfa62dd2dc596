"""The HTTP edge of every app: views that name who may try, strict bodies, problem+json, paging, idempotency."""

from core.actor import ANYONE, SIGNED_IN, STAFF
from core.api.fields import AwareDateTime, MoneyField, StrictSerializer
from core.api.idempotency import idempotent
from core.api.kept import checked, shown
from core.api.paging import Page, page_of, whole_page
from core.api.views import ApiView

__all__ = [
    "ANYONE",
    "SIGNED_IN",
    "STAFF",
    "ApiView",
    "AwareDateTime",
    "MoneyField",
    "Page",
    "StrictSerializer",
    "checked",
    "idempotent",
    "page_of",
    "shown",
    "whole_page",
]
