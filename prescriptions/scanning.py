"""A picture of a QR code, as a counter's camera takes it, read by a decoder of our own side where the browser has none."""

from __future__ import annotations

import io
import warnings

import zxingcpp
from PIL import Image, UnidentifiedImageError

from prescriptions.errors import NotAPicture

MOST_BYTES = 4_000_000
MOST_PIXELS = 24_000_000
LONGEST_SIDE = 1600


def codes_in_picture(content: bytes) -> str:
    """Return the text of the first QR code in a JPEG, PNG or WebP picture; "" where there is none. Raises NotAPicture."""
    if not content or len(content) > MOST_BYTES:
        raise NotAPicture()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP"))
            if picture.width * picture.height > MOST_PIXELS:
                raise NotAPicture()
            picture.draft("L", (LONGEST_SIDE, LONGEST_SIDE))
            grey = picture.convert("L")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombWarning) as error:
        raise NotAPicture() from error
    grey.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    found = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return next((one.text for one in found if one.text), "")
