"""A file in a request: as a multipart field `file`, or raw with its own media type. Bounded; kept in memory as bytes."""

from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser, MultiPartParser

MAX_BYTES = 5 * 1024 * 1024
OVERHEAD = 64 * 1024  # what multipart puts around the file
Upload = dict[str, Any]  # {"file": bytes, "name": str}


def _too_large() -> ValidationError:
    return ValidationError({"file": [_("The file is too large: at most 5 MB.")]})


class FormFile(MultiPartParser):
    """multipart/form-data with one file in the field `file`."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        request = (parser_context or {})["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES + OVERHEAD:
            raise _too_large()
        found = super().parse(stream, media_type, dict(parser_context or {}))
        uploaded = found.files.get("file")
        if uploaded is None:
            raise ValidationError({"file": [_("Choose a file.")]})
        if uploaded.size > MAX_BYTES:
            raise _too_large()
        return {"file": uploaded.read(), "name": str(uploaded.name or "")}


class RawFile(BaseParser):
    """The body is the file; `?name=` says what it is called. A door names the media types it takes."""

    media_type = "application/octet-stream"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Upload:
        request = (parser_context or {})["request"]
        content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise _too_large()
        name = str(request.GET.get("name", ""))[:200]
        if "\0" in name:
            raise ParseError("NUL")
        return {"file": content, "name": name}


class CsvFile(RawFile):
    media_type = "text/csv"


class XlsxFile(RawFile):
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class FhirFile(RawFile):
    media_type = "application/fhir+json"
