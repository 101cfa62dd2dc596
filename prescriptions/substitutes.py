"""Which drug may be handed out in place of another: the same ingredients, dose and route (specs: 1.6). Pure."""

from __future__ import annotations

from prescriptions.choices import SubstitutionType
from prescriptions.models import Drug
from prescriptions.strengths import milligrams

COUNTED_ALIKE = {"tablet", "capsule"}  # one for one, whichever of the two it is


def substitution_of(prescribed: Drug, given: Drug) -> SubstitutionType | None:
    """Say what kind of substitute this is; None when it is none: another ingredient, dose, route, unit or control."""
    if prescribed.id == given.id or not _same_composition(prescribed, given) or not _same_count(prescribed, given):
        return None
    if prescribed.form != given.form:
        return SubstitutionType.FORM
    return SubstitutionType.BRAND if given.brand else SubstitutionType.GENERIC


def _same_composition(one: Drug, other: Drug) -> bool:
    if sorted(one.ingredients) != sorted(other.ingredients):
        return False
    if (one.route, one.control) != (other.route, other.control):
        return False
    # How fast it is released is part of the dose.
    if one.form != other.form and ("prolonged" in one.form or "prolonged" in other.form):
        return False
    return _doses(one) == _doses(other)


def _doses(drug: Drug) -> object:
    """Milligrams of each ingredient in one dose, whatever their order; the strength as written where that cannot be read."""
    found = milligrams(drug.strength, drug.dose_unit, len(drug.ingredients))
    if found is None:
        return " ".join(drug.strength.lower().split())
    return sorted(zip(drug.ingredients, found, strict=True))


def _same_count(one: Drug, other: Drug) -> bool:
    """Whether so many units of the one are as many of the other."""
    if one.pack_size != other.pack_size:
        return False
    return (one.unit, one.dose_unit) == (other.unit, other.dose_unit) or (
        {one.unit, one.dose_unit, other.unit, other.dose_unit} <= COUNTED_ALIKE
    )
