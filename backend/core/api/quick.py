"""A plain function in front of a view class, for the few doors that everybody comes through at once.

It answers what is asked well and usually, in one to three statements; whatever it does not understand (a missing
parameter, a refusal worth words) it leaves to the class behind it, which is also what the API's document describes.
"""

from collections.abc import Callable, Sequence
from typing import Any
from zlib import crc32

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from rest_framework.views import APIView

Quick = Callable[[HttpRequest], HttpResponseBase | None]


def quick(view: type[APIView], **methods: Quick) -> Callable[..., HttpResponseBase]:
    """Put functions in front of a view class: `quick(Slots, get=slots_quickly)`."""
    slow = view.as_view()

    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        function = methods.get((request.method or "").lower())
        answer = function(request, *args, **kwargs) if function is not None else None
        return slow(request, *args, **kwargs) if answer is None else answer

    # What the schema and the house rules read from a view.
    for name in ("cls", "initkwargs", "view_class", "csrf_exempt", "view_is_async", "actions"):
        if hasattr(slow, name):
            setattr(door, name, getattr(slow, name))
    door.__name__, door.__doc__, door.__module__ = view.__name__, view.__doc__, view.__module__
    return door


def etag_of(*parts: Any) -> str:
    """Make an ETag of what decides the answer."""
    text = orjson.dumps(parts, default=str)
    return f'"{crc32(text):08x}{len(text):x}"'


def is_known(request: HttpRequest, etag: str) -> HttpResponse | None:
    """Answer 304 to whoever has this very answer already; None to others."""
    if etag not in request.headers.get("If-None-Match", ""):
        return None
    answer = HttpResponseNotModified()
    answer["ETag"] = etag
    return answer


def json(body: Any, *, status: int = 200, etag: str = "") -> HttpResponse:
    """Answer JSON; moments in UTC end with Z, as everywhere."""
    answer = HttpResponse(orjson.dumps(body, option=orjson.OPT_UTC_Z), content_type="application/json", status=status)
    if etag:
        answer["ETag"] = etag
    return answer


def page(rows: Sequence[Any]) -> dict[str, Any]:
    """Wrap a list that one page holds."""
    return {"next": None, "previous": None, "results": rows}
