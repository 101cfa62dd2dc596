"""What every answer of ours carries, and in which language it speaks."""

from __future__ import annotations

import json
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from core.rest.parsing import parse_json
from web import errors

Answer = Callable[[HttpRequest], HttpResponse]
LARGEST_FORM = 6 * 1024 * 1024  # bytes, files included
LANGUAGES = {code for code, _ in settings.LANGUAGES}


class PermissionsPolicy:
    """Camera and microphone for our own pages only; nothing else a page could ask for."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["Permissions-Policy"] = (
            "camera=(self), microphone=(self), display-capture=(self), geolocation=(self), payment=(), usb=()"
        )
        return response


class ReaderLanguage:
    """The account's language for who is signed in, else the cookie's, else Accept-Language (Vietnamese when in doubt).

    API clients say it per request by Accept-Language, which there wins over the account.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = self._wanted(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
            response = self.get_response(request)
            if hasattr(response, "render") and not getattr(response, "is_rendered", True):
                response = response.render()
        response.headers.setdefault("Content-Language", language)
        response.headers["Vary"] = ", ".join(filter(None, [response.headers.get("Vary"), "Accept-Language"]))
        return response

    def _wanted(self, request: HttpRequest) -> str:
        if request.path.startswith(("/api/", "/fhir/", "/_allauth/")) and "Accept-Language" in request.headers:
            return translation.get_language_from_request(request)
        cookie = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        if cookie in LANGUAGES:
            return cookie
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            return user.language
        # A browser set to English by its maker says little about its owner: Vietnamese unless chosen.
        return settings.LANGUAGE_CODE


class NoStore:
    """Nothing about a person is kept by caches on the way or by a shared browser; static files are WhiteNoise's."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "Cache-Control" not in response.headers:
            signed_in = getattr(getattr(request, "user", None), "is_authenticated", False)
            private = request.path.startswith(("/api/", "/fhir/", "/_allauth/", "/hooks/")) or signed_in
            response.headers["Cache-Control"] = "no-store" if private else "no-cache"
        return response


class Readable:
    """What cannot be stored as text is refused at the front: NUL in a path, a form or a sign-in body, and JSON nested too deep.

    The API and FHIR read their bodies with the same rules themselves and answer in their own words.
    """

    OWN_RULES = ("/api/", "/fhir/", "/hooks/")

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(self.OWN_RULES):
            if not self._can_be_read(request):
                return errors.bad_request(request)
            # In an address, what makes no sense is left out rather than refused.
            request.META["QUERY_STRING"] = request.META.get("QUERY_STRING", "").replace("%00", "").replace("\0", "")
        return self.get_response(request)

    def _can_be_read(self, request: HttpRequest) -> bool:
        if "\0" in request.path or "\0" in request.headers.get("X-Session-Token", ""):
            return False
        if request.method in {"GET", "HEAD"}:
            return True
        if request.content_type == "multipart/form-data":
            return self._form_can_be_read(request)
        if not request.body:
            return True
        if request.path.startswith("/_allauth/"):
            try:
                return "\0" not in json.dumps(parse_json(request.body), ensure_ascii=False).replace("\\u0000", "\0")
            except (ValueError, RecursionError):
                return False
        return b"%00" not in request.body and b"\0" not in request.body

    def _form_can_be_read(self, request: HttpRequest) -> bool:
        """A form with files: what stands in its fields is text, what is in its files is theirs to say. Bounded."""
        if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_FORM:
            return False
        names = [str(file.name) for _field, files in request.FILES.lists() for file in files]
        texts = [text for field, values in request.POST.lists() for text in (field, *values)]
        return not any("\0" in text for text in (*names, *texts))
