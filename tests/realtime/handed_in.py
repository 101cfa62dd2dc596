"""Files as people and as attackers hand them in, made here byte by byte."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pikepdf
from PIL import Image

SECRET = b"Canary-4711"


def photo(size: tuple[int, int] = (640, 480), fmt: str = "JPEG", orientation: int = 1, **extra: Any) -> bytes:
    """A picture, red at its left and blue at its right half; a JPEG tells where, with what and by whom it was taken."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    if fmt == "JPEG":
        exif = Image.Exif()
        exif[0x0112] = orientation
        exif[0x013B] = SECRET.decode()  # artist
        exif.get_ifd(0x8825).update({1: "N", 2: (21.0, 1.0, 42.0), 3: "E", 4: (105.0, 51.0, 12.0)})  # GPS
        extra = {"exif": exif, "comment": SECRET, **extra}
    out = io.BytesIO()
    image.save(out, fmt, **extra)
    return out.getvalue()


def pdf(pages: int = 1, **save: Any) -> bytes:
    """A PDF of empty A5 pages with a line drawn on each."""
    with pikepdf.new() as made:
        for _ in range(pages):
            made.add_blank_page(page_size=(420, 595)).Contents = made.make_stream(b"10 10 m 400 500 l S")
        out = io.BytesIO()
        made.save(out, **save)
        return out.getvalue()


def acting_pdf() -> bytes:
    """A PDF that does everything a paper should not: scripts, a program, a file inside, an address, an author."""
    with pikepdf.open(io.BytesIO(pdf())) as made:
        name, d = pikepdf.Name, pikepdf.Dictionary
        script = made.make_indirect(d(S=name.JavaScript, JS=pikepdf.String("app.alert('Canary-4711')")))
        made.Root.OpenAction = script
        made.Root.AA = d(WC=script)
        made.Root.Names = d(JavaScript=d(Names=pikepdf.Array([pikepdf.String("x"), script])))
        made.attachments["x.exe"] = SECRET
        made.docinfo["/Author"] = SECRET.decode()
        page = made.pages[0].obj
        page.AA = d(O=d(S=name.Launch, F=pikepdf.String("calc.exe")))
        page.Metadata = made.make_stream(SECRET)
        link = d(Type=name.Annot, Subtype=name.Link, Rect=[0, 0, 400, 500], A=script)
        inside = d(
            Type=name.Annot, Subtype=name.FileAttachment, Rect=[0, 0, 9, 9], FS=d(EF=d(F=made.make_stream(SECRET)))
        )
        page.Annots = pikepdf.Array([made.make_indirect(link), made.make_indirect(inside)])
        page.Resources = d(Properties=d(P=d(AA=d(O=script), JS=script)))
        out = io.BytesIO()
        made.save(out)
        return out.getvalue()


def pdf_with_photo() -> bytes:
    """A scan: a JPEG with its place and author inside a page."""
    with pikepdf.open(io.BytesIO(pdf())) as made:
        image = made.make_stream(photo((64, 48)))
        for key, value in {
            "/Type": pikepdf.Name.XObject, "/Subtype": pikepdf.Name.Image, "/Width": 64, "/Height": 48,
            "/ColorSpace": pikepdf.Name.DeviceRGB, "/BitsPerComponent": 8, "/Filter": pikepdf.Name.DCTDecode,
        }.items():  # fmt: skip
            image[key] = value
        made.pages[0].obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=image))
        out = io.BytesIO()
        made.save(out)
        return out.getvalue()


def bomb_pdf() -> bytes:
    """A page whose contents open to 300 MB."""
    with pikepdf.open(io.BytesIO(pdf())) as made:
        opener = zlib.compressobj(9)
        packed = b"".join(opener.compress(b" " * 1_000_000) for _ in range(300)) + opener.flush()
        stream = made.make_stream(b"")
        stream.write(packed, filter=pikepdf.Name.FlateDecode)
        made.pages[0].Contents = stream
        out = io.BytesIO()
        made.save(out)
        return out.getvalue()


def png_bomb(side: int = 50_000) -> bytes:
    """A small file that says it is a picture of 2.5 billion points."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100_000))
        + chunk(b"IEND", b"")
    )


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "file_missing"),
    "html": (HTML, "file_kind"),
    "svg": (SVG, "file_kind"),
    "gif": (photo(fmt="GIF"), "file_kind"),
    "tiff": (photo(fmt="TIFF"), "file_kind"),
    "zip": (b"PK\x03\x04" + b"\0" * 100, "file_kind"),
    "pdf later in the file": (HTML + pdf(), "file_kind"),
    "heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "file_heic"),
    "half a photo": (photo()[:1500], "file_broken"),
    "half a png": (photo(fmt="PNG")[:300], "file_broken"),
    "html that says jpeg": (b"\xff\xd8\xff" + HTML, "file_broken"),
    "png bomb": (png_bomb(), "file_too_large"),
    "nonsense that says pdf": (b"%PDF-1.7\n" + HTML, "file_broken"),
    "half a pdf": (pdf()[:60], "file_broken"),
    "pdf without pages": (pdf(0), "file_broken"),
    "long pdf": (pdf(101), "file_too_large"),
    "pdf bomb": (bomb_pdf(), "file_too_large"),
    "locked pdf": (pdf(encryption=pikepdf.Encryption(owner="o", user="u")), "file_locked"),
}
