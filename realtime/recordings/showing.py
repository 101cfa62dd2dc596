"""Films as browsers ask for them: whole, or in ranges when somebody jumps (RFC 9110, 14). Opened block by block, kept by nobody."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import AsyncIterator, Iterator
from typing import BinaryIO

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from core.sealing import SealBroken
from realtime.errors import FilesBusy
from realtime.media import film as media_film
from realtime.models import Film, Recording
from realtime.recordings.vault import BLOCK, FilmReader

log = logging.getLogger("lanh.recordings")
MOST = 4 * BLOCK  # of one answer to a range: a player asks again when it has played that
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
KINDS = {"webm": "video/webm", "matroska": "video/x-matroska"}


def film(request: HttpRequest, found: Film) -> HttpResponseBase:
    """Answer with a film, or with the range of it that was asked for. Raises FilesBusy when the storage does not give it."""
    kind = KINDS[found.container]
    wanted = _range_of(request.headers.get("Range", ""), found.size)
    if wanted is None:
        return _guarded(_stream(request, _blocks(found), kind), size=found.size)
    start, end = wanted
    if start >= end:
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{found.size}"
        return _guarded(response)
    end = min(end, start + MOST)
    try:
        content = _read(FilmReader(found.place, found.size), start, end)
    except (OSError, SealBroken) as error:
        log.error("Film %s cannot be read: %s", found.id, type(error).__name__)
        raise FilesBusy() from error
    part = HttpResponse(content, status=206, content_type=kind)
    part["Content-Range"] = f"bytes {start}-{end - 1}/{found.size}"
    return _guarded(part)


def whole(request: HttpRequest, recording: Recording, name: str) -> HttpResponseBase:
    """Answer with one file of all seats' tracks, put together while it is sent."""
    films = list(recording.films.select_related("seat"))
    sources: list[tuple[media_film.Film, BinaryIO | io.RawIOBase]] = [
        (_as_made(each), FilmReader(each.place, each.size)) for each in films
    ]
    is_webm = all(each.container == "webm" for each in films)
    response = _stream(request, media_film.together(sources), KINDS["webm" if is_webm else "matroska"])
    response["Content-Disposition"] = f'attachment; filename="{name}.{"webm" if is_webm else "mkv"}"'
    return _guarded(response, ranges=False)


def _as_made(film: Film) -> media_film.Film:
    names = ("starts_ms", "duration_ms", "width", "height", "turned", "container")
    facts = {name: getattr(film, name) for name in names}
    return media_film.Film(seat=str(film.seat_id), has_voice=film.has_voice, has_picture=film.has_picture, **facts)


def _range_of(header: str, size: int) -> tuple[int, int] | None:
    """The first and the last octet but one that is wanted; None for everything. What is not understood is left."""
    found = RANGE.fullmatch(header.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        return max(0, size - int(found[2])), size
    return int(found[1]), min(size, int(found[2]) + 1 if found[2] else size)


def _read(reader: FilmReader, start: int, end: int) -> bytes:
    reader.seek(start)
    pieces: list[bytes] = []
    while start < end and (piece := reader.read(end - start)):
        pieces.append(piece)
        start += len(piece)
    return b"".join(pieces)


def _blocks(found: Film) -> Iterator[bytes]:
    reader = FilmReader(found.place, found.size)
    while piece := reader.read(BLOCK):
        yield piece


def _stream(request: HttpRequest, pieces: Iterator[bytes], kind: str) -> StreamingHttpResponse:
    # Where a loop serves, each piece is made in a thread beside it.
    content: Iterator[bytes] | AsyncIterator[bytes] = _beside(pieces) if isinstance(request, ASGIRequest) else pieces
    return StreamingHttpResponse(content, content_type=kind)


async def _beside(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    step = sync_to_async(_next, thread_sensitive=False)
    while piece := await step(pieces):
        yield piece


def _next(pieces: Iterator[bytes]) -> bytes:
    return next(pieces, b"")


def _guarded(response: HttpResponseBase, *, size: int | None = None, ranges: bool = True) -> HttpResponseBase:
    """Nothing of it is kept on the way, and nothing in it may act as a page."""
    if ranges:
        response["Accept-Ranges"] = "bytes"
    if size is not None:
        response["Content-Length"] = str(size)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-site"
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
