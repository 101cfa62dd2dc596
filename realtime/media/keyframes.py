"""Does this packet begin a picture that can be decoded alone? VP8 (RFC 7741) and H.264 (RFC 6184). Pure.

A slot that changes its source stays dark until such a packet: what comes before would be painted over another picture.
"""

from __future__ import annotations

IDR, SPS, STAP_A, FU_A = 5, 7, 24, 28


def begins_picture(codec: str, payload: bytes | memoryview) -> bool:
    """True for the first packet of a key frame; other codecs than VP8 and H.264 are never held back."""
    if codec == "VP8":
        return _vp8(payload)
    if codec == "H264":
        return _h264(payload)
    return True


def _vp8(payload: bytes | memoryview) -> bool:
    if len(payload) < 2:
        return False
    first, at = payload[0], 1
    if not first & 0x10 or first & 0x07:  # not the start of the first partition
        return False
    if first & 0x80:  # extended: picture id, TL0PICIDX, TID/KEYIDX
        more = payload[1]
        at = 2
        if more & 0x80:
            if at >= len(payload):
                return False
            at += 2 if payload[at] & 0x80 else 1
        at += bool(more & 0x40) + bool(more & 0x30)
    return at < len(payload) and not payload[at] & 0x01


def _h264(payload: bytes | memoryview) -> bool:
    if len(payload) < 2:
        return False
    kind = payload[0] & 0x1F
    if kind == FU_A:
        return bool(payload[1] & 0x80) and payload[1] & 0x1F in (IDR, SPS)
    if kind != STAP_A:
        return kind in (IDR, SPS)
    at = 1
    while at + 3 <= len(payload):
        if payload[at + 2] & 0x1F in (IDR, SPS):
            return True
        at += 2 + (payload[at] << 8 | payload[at + 1])
    return False
