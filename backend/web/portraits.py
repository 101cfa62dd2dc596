"""Portraits of the demo's cast, drawn from a few words, so that nobody real is shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """How somebody is drawn. Hair is one of HAIR, coat one of COATS."""

    hair: str = "short"
    hair_colour: str = "#2b2320"
    skin: str = "#f0c8a0"
    coat: str = "shirt"
    colour: str = "#0a6a5b"
    ground: str = "#dcefe8"
    glasses: bool = False


HAIR = {
    "short": (
        "",
        '<path d="M34 47c-2-19 8-29 26-29s28 10 26 29c-3-10-8-15-13-18-9 4-22 5-33 4-3 4-5 8-6 14z"/>',
    ),
    "side": (
        "",
        '<path d="M34 48c-3-20 8-31 27-31 18 0 28 11 25 31-2-8-5-13-9-16-12 2-24-1-30-6-3 7-9 12-13 22z"/>',
    ),
    "bob": (
        '<path d="M60 15c-20 0-31 13-31 33 0 14 2 25 7 31h48c5-6 7-17 7-31 0-20-11-33-31-33z"/>',
        '<path d="M34 50c0-18 9-29 26-29s26 11 26 29c-6-6-10-11-12-17-11 7-27 9-40 17z"/>',
    ),
    "long": (
        '<path d="M60 14c-21 0-32 14-32 35 0 22-2 37-7 49h78c-5-12-7-27-7-49 0-21-11-35-32-35z"/>',
        '<path d="M34 52c-1-20 9-31 26-31s27 11 26 31c-4-10-9-17-17-21-9 10-23 14-35 21z"/>',
    ),
    "bun": (
        '<circle cx="60" cy="15" r="11"/><path d="M60 18c-19 0-28 11-28 30 0 8 1 14 3 19h50c2-5 3-11 3-19 0-19-9-30-28-30z"/>',
        '<path d="M34 49c0-17 9-27 26-27s26 10 26 27c-5-9-13-15-26-15s-21 6-26 15z"/>',
    ),
}
COATS = {
    "shirt": '<path d="M49 88l11 11 11-11 3 3-14 17-14-17z" fill="#fff" opacity=".55"/>',
    "white": (
        '<path d="M22 120c1-19 12-27 26-31l12 14 12-14c14 4 25 12 26 31z" fill="#fdfdfb"/>'
        '<path d="M48 89l12 14 12-14 5 3-13 24h-8L43 92z" fill="{colour}" opacity=".9"/>'
        '<path d="M46 90c-6 10-7 17-4 24M74 90c5 8 6 14 4 20" fill="none" stroke="#33413d" stroke-width="2.6" '
        'stroke-linecap="round"/><circle cx="78" cy="112" r="3.6" fill="#33413d"/>'
    ),
    "jacket": (
        '<path d="M49 88l11 13 11-13 3 3-10 29h-8L46 91z" fill="#fff" opacity=".9"/>'
        '<path d="M57 101h6l2 19H55z" fill="#e2935a"/>'
    ),
    "apron": '<path d="M40 94h40l4 26H36z" fill="#fdfdfb"/>'
    '<path d="M56 104h8m-4-4v8" stroke="{colour}" stroke-width="3.4" stroke-linecap="round"/>',
}


def portrait(look: Look) -> str:
    """Return the drawing as SVG, 120 units square."""
    behind, before = HAIR[look.hair]
    glasses = (
        '<g fill="none" stroke="#33413d" stroke-width="2"><circle cx="50" cy="53" r="7.5"/><circle cx="70" cy="53" r="7.5"/>'
        '<path d="M57.500 52c2-1.600 3-1.600 5 0"/></g>'
        if look.glasses
        else ""
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 120" role="img">'
        f'<rect width="120" height="120" fill="{look.ground}"/>'
        f'<g fill="{look.hair_colour}">{behind}</g>'
        f'<path d="M20 122c1-22 13-31 29-34h22c16 3 28 12 29 34z" fill="{look.colour}"/>'
        + COATS[look.coat].format(colour=look.colour)
        + f'<path d="M50 72h20v15c0 6-4 11-10 11s-10-5-10-11z" fill="{look.skin}"/>'
        '<path d="M50 78c6 5 14 5 20 0v5c-6 5-14 5-20 0z" fill="#000" opacity=".09"/>'
        f'<path d="M36 50c0-16 9-25 24-25s24 9 24 25c0 19-11 32-24 32S36 69 36 50z" fill="{look.skin}"/>'
        f'<circle cx="36" cy="55" r="4.600" fill="{look.skin}"/><circle cx="84" cy="55" r="4.600" fill="{look.skin}"/>'
        f'<g fill="{look.hair_colour}">{before}</g>'
        '<circle cx="50" cy="54" r="2.700" fill="#2b2320"/><circle cx="70" cy="54" r="2.700" fill="#2b2320"/>'
        '<path d="M45 46.500c3-2 7-2 10 0M65 46.500c3-2 7-2 10 0" fill="none" '
        'stroke="#2b2320" stroke-width="1.800" stroke-linecap="round" opacity=".75"/>'
        '<path d="M52 67c5 4.600 11 4.600 16 0" fill="none" stroke="#a5523f" stroke-width="2.600" stroke-linecap="round"/>'
        '<g fill="#e07a5f" opacity=".22"><circle cx="43" cy="62" r="4.500"/><circle cx="77" cy="62" r="4.500"/></g>'
        + glasses
        + "</svg>"
    )
