"""Looking: the catalogue, lists of prescriptions, safety findings, signatures, pharmacies."""

from prescriptions.queries.drugs import find_drugs, get_drugs
from prescriptions.queries.findings import Checked, allergies_of, check_items, check_prescription
from prescriptions.queries.lists import (
    Overridden,
    PrescriptionFacts,
    dispensed_on,
    get_facts,
    held_by,
    hold_of,
    of_encounter,
    of_people,
    overdue,
    overrides_by_rule,
    overrides_counted,
    queue_of,
    secret_for,
    secret_of,
    seen_by,
    shown_access_code,
)
from prescriptions.queries.pharmacies import NearbyPharmacy, pharmacies_for
from prescriptions.queries.rules import known_ingredients, rule_sets, rules_on
from prescriptions.queries.signatures import Signature, public_keys, signature_of

__all__ = [
    "Checked",
    "NearbyPharmacy",
    "Overridden",
    "PrescriptionFacts",
    "Signature",
    "allergies_of",
    "check_items",
    "check_prescription",
    "dispensed_on",
    "find_drugs",
    "get_drugs",
    "get_facts",
    "held_by",
    "hold_of",
    "known_ingredients",
    "of_encounter",
    "of_people",
    "overdue",
    "overrides_by_rule",
    "overrides_counted",
    "pharmacies_for",
    "public_keys",
    "queue_of",
    "rule_sets",
    "rules_on",
    "secret_for",
    "secret_of",
    "seen_by",
    "shown_access_code",
    "signature_of",
]
