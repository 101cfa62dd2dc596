"""What a stranger hands in is read and written anew; nothing of the original's bytes but picture and page contents goes on.

Runs as a program of its own (see apart.py): the file on stdin, on stdout one line of JSON and then the clean file and its small
picture. Knows nothing of the house, neither its database nor its secrets, and lets the system bound its memory and time.
What a file is, its first bytes say; names and declared types are never asked.
"""

from __future__ import annotations

import io
import json
import sys
import warnings
import zlib
from dataclasses import dataclass
from typing import Any

import pikepdf
from PIL import Image, ImageCms, ImageFile, ImageOps

LARGEST_SIDE = 4096  # enough for a mole or the small print of a report
SMALL_SIDE = 480
MOST_PIXELS = 64_000_000  # phones make up to 50
MOST_PAGES = 100
MOST_OBJECTS = 100_000
STREAM_OPENS_TO = 128 * 1024 * 1024
FILE_OPENS_TO = 512 * 1024 * 1024
MEMORY = 1536 * 1024 * 1024
CPU_SECONDS = 20

PAGE_KEEPS = {
    "/Type", "/Parent", "/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox", "/Rotate", "/Resources", "/Contents",
    "/Group", "/UserUnit",
}  # fmt: skip
# What acts, carries other files, or tells about the author, wherever it hangs.
NEVER = {
    "/AA", "/OpenAction", "/JS", "/JavaScript", "/Launch", "/EmbeddedFiles", "/EF", "/AF", "/XFA", "/RichMediaContent",
    "/Metadata", "/PieceInfo", "/OPI", "/Ref", "/StructParent", "/StructParents", "/LastModified",
}  # fmt: skip
HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif"}


class Refused(Exception):
    """This file cannot be taken; says why in one word: kind, heic, broken, large, locked."""


@dataclass(frozen=True)
class Clean:
    """The file as it may be kept: `kind` is "picture" (always JPEG) or "pdf". A PDF has no small picture."""

    kind: str
    content: bytes
    small: bytes = b""
    width: int = 0
    height: int = 0
    pages: int = 0


def kind_of(content: bytes) -> str:
    """Return JPEG, PNG, WEBP or PDF from the first bytes. Raises Refused."""
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content.startswith(b"%PDF-"):
        return "PDF"
    if content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS:
        raise Refused("heic")
    raise Refused("kind")


def clean(content: bytes) -> Clean:
    """Read the file and write it anew. Raises Refused."""
    kind = kind_of(content)
    try:
        return _pdf(content) if kind == "PDF" else _picture(content, kind)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused("large") from error
    except pikepdf.PasswordError as error:
        raise Refused("locked") from error


# ---- pictures


def _picture(content: bytes, kind: str) -> Clean:
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image: Image.Image = Image.open(io.BytesIO(content), formats=[kind])
        # A JPEG is made smaller while it is read.
        image.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))
        image.load()
        profile = image.info.get("icc_profile")
        image = ImageOps.exif_transpose(image)
        image = _as_seen(image, profile)
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, zlib.error) as error:
        raise Refused("broken") from error
    image.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.LANCZOS)
    small = image.copy()
    small.thumbnail((SMALL_SIDE, SMALL_SIDE), Image.Resampling.LANCZOS)
    return Clean("picture", _jpeg(image, 90), _jpeg(small, 80), image.width, image.height)


def _as_seen(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Plain sRGB on white: the colour of a rash must be the same on every screen."""
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        over = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over).convert("RGB")
    if profile and image.mode in ("RGB", "CMYK", "L"):
        try:
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            changed = ImageCms.profileToProfile(image, given, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            changed = None  # a profile that cannot be read is none
        image = changed or image
    return image.convert("RGB")


def _jpeg(image: Image.Image, quality: int) -> bytes:
    # A new picture: what hangs on the old one (EXIF, XMP, comments, profile) has no way over.
    bare = Image.new("RGB", image.size)
    bare.paste(image)
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=quality, subsampling=0 if quality >= 90 else 2, optimize=True)
    return out.getvalue()


# ---- PDF


def _pdf(content: bytes) -> Clean:
    try:
        with pikepdf.open(io.BytesIO(content)) as given, pikepdf.new() as made:
            if len(given.pages) > MOST_PAGES or len(given.objects) > MOST_OBJECTS:
                raise Refused("large")
            # Stamps, notes and filled-in fields become part of the page; what they would do when touched does not.
            given.flatten_annotations("screen")
            for page in given.pages:
                _keep_only(page.obj, PAGE_KEEPS)
                made.pages.append(page)
            if not len(made.pages):
                raise Refused("broken")
            _look_at_each(made)
            out = io.BytesIO()
            made.save(
                out,
                deterministic_id=True,
                stream_decode_level=pikepdf.StreamDecodeLevel.none,
                object_stream_mode=pikepdf.ObjectStreamMode.generate,
            )
            return Clean("pdf", out.getvalue(), pages=len(made.pages))
    except pikepdf.PasswordError:
        raise
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, RuntimeError, RecursionError, AttributeError) as error:
        raise Refused("broken") from error


def _keep_only(values: Any, wanted: set[str]) -> None:
    for key in list(values.keys()):
        if key not in wanted:
            del values[key]


def _look_at_each(made: pikepdf.Pdf) -> None:
    opens_to = 0
    for one in made.objects:
        _drop_what_acts(one)
        if isinstance(one, pikepdf.Stream):
            opens_to += _opens_to(one)
            if opens_to > FILE_OPENS_TO:
                raise Refused("large")
    if len(made.objects) > MOST_OBJECTS:
        raise Refused("large")


def _drop_what_acts(value: Any, depth: int = 0) -> None:
    """Objects lie in objects without a number of their own too; what lies deeper than any page does is no page."""
    if depth > 40:
        raise Refused("broken")
    if isinstance(value, pikepdf.Dictionary | pikepdf.Stream):
        for key in list(value.keys()):
            if key in NEVER:
                del value[key]
            else:
                _drop_below(value[key], depth)
    elif isinstance(value, pikepdf.Array):
        for one in value:
            _drop_below(one, depth)


def _drop_below(value: Any, depth: int) -> None:
    # What has a number of its own is looked at by itself; numbers and texts have nothing below them.
    if isinstance(value, pikepdf.Object) and not value.is_indirect:
        _drop_what_acts(value, depth + 1)


def _opens_to(stream: Any) -> int:
    """Return how many bytes a stream opens to, without opening more than a reader could bear."""
    if "/F" in stream or "/FFilter" in stream:
        raise Refused("broken")  # its bytes lie in another file
    given = stream.get("/Filter")
    filters = [str(given)] if isinstance(given, pikepdf.Name) else [str(one) for one in given or []]
    raw = stream.read_raw_bytes()
    if filters == ["/DCTDecode"]:
        bare = without_notes(raw)
        if bare != raw:
            stream.write(bare, filter=pikepdf.Name.DCTDecode, decode_parms=stream.get("/DecodeParms"))
        return len(bare)
    if len(filters) > 2 or filters.count("/FlateDecode") > 1 or "/Crypt" in filters:
        raise Refused("broken")  # nobody packs twice with good intent
    if not filters or filters[0] != "/FlateDecode":
        return len(raw)
    opened, opener, rest = 0, zlib.decompressobj(), raw
    try:
        while rest and not opener.eof:
            opened += len(opener.decompress(rest, 1024 * 1024))
            rest = opener.unconsumed_tail
            if opened > STREAM_OPENS_TO:
                raise Refused("large")
    except zlib.error:
        return opened  # readers bear what is broken in a page; how far it opens is what counts
    return opened


def without_notes(jpeg: bytes) -> bytes:
    """Return a JPEG without EXIF, XMP, Photoshop's notes and comments. Its picture and colours stay bit for bit."""
    out, at = bytearray(jpeg[:2]), 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF:
        marker, size = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if marker == 0xDA or size < 2:
            break
        if marker not in (0xE1, 0xED, 0xFE):
            out += jpeg[at : at + 2 + size]
        at += 2 + size
    return bytes(out) + jpeg[at:]


# ---- the program


def bound() -> None:
    """Let the system end us when we want too much. Where it cannot, apart.py's clock still does."""
    try:
        import resource
    except ImportError:
        return
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),  # we write to pipes only
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(what, (most, most))
        except (ValueError, OSError):
            continue


def main() -> None:
    """Read stdin, write stdout."""
    bound()
    sys.setrecursionlimit(500)
    out = sys.stdout.buffer
    try:
        made = clean(sys.stdin.buffer.read())
    except Refused as refusal:
        out.write(json.dumps({"refused": str(refusal)}).encode() + b"\n")
        return
    except MemoryError:
        out.write(b'{"refused": "large"}\n')
        return
    facts = {name: getattr(made, name) for name in ("kind", "width", "height", "pages")}
    out.write(json.dumps({**facts, "content": len(made.content), "small": len(made.small)}).encode() + b"\n")
    out.write(made.content)
    out.write(made.small)


if __name__ == "__main__":
    main()
