"""QR codes as SVG: dark on light in every theme, because scanners need the contrast."""

import io

import segno


def svg_of(text: str) -> bytes:
    """Return a scalable picture of the text with medium error correction and the quiet zone scanners expect."""
    picture = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        picture, kind="svg", scale=8, border=4, dark="#10231c", light="#ffffff", xmldecl=False, omitsize=True
    )
    return picture.getvalue()
