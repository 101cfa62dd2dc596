"""How far a pharmacy is: metres for the citizen, a wide band for the pharmacy, which must not learn where somebody lives. Pure."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext as _

# Upper ends in kilometres: about what lies between a ward and the next ones, a town, and a province.
BANDS = (2, 5, 10, 30)


def band_of(distance_m: int | None) -> str:
    """Return the band as a code: "2", "5", "10", "30" (kilometres at most), "far", or "" where nobody knows."""
    if distance_m is None:
        return ""
    return next((str(km) for km in BANDS if distance_m <= km * 1000), "far")


def band_words(band: str) -> str:
    """Say a band in the reader's language."""
    if not band:
        return _("distance not known")
    if band == "far":
        return _("more than %(km)s km away") % {"km": BANDS[-1]}
    return _("at most %(km)s km away") % {"km": band}


def metres_words(distance_m: int) -> str:
    """Say a distance as people do: "350 m", "2,4 km" (with the comma the language wants)."""
    if distance_m < 950:
        return _("%(m)s m") % {"m": max(50, round(distance_m / 50) * 50)}
    km = f"{distance_m / 1000:.1f}" if distance_m < 9_950 else f"{distance_m / 1000:.0f}"
    return _("%(km)s km") % {"km": number_format(km)}
