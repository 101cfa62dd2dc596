"""Looking: the catalogue, lists of prescriptions, safety findings, signatures, pharmacies."""

from prescriptions.queries.drugs import day_of, drug_imports, find_drugs, get_drugs
from prescriptions.queries.findings import Checked, allergies_of, check_items, check_prescription
from prescriptions.queries.lists import (
    PrescriptionFacts,
    dispensed_on,
    get_facts,
    held_by,
    hold_of,
    of_encounter,
    of_people,
    overdue,
    overrides_counted,
    queue_of,
    secret_for,
    secret_of,
    seen_by,
    shown_access_code,
)
from prescriptions.queries.pharmacies import NearbyPharmacy, pharmacies_for
from prescriptions.queries.signatures import Signature, public_keys, signature_of

__all__ = [
    "Checked",
    "NearbyPharmacy",
    "PrescriptionFacts",
    "Signature",
    "allergies_of",
    "check_items",
    "check_prescription",
    "day_of",
    "dispensed_on",
    "drug_imports",
    "find_drugs",
    "get_drugs",
    "get_facts",
    "held_by",
    "hold_of",
    "of_encounter",
    "of_people",
    "overdue",
    "overrides_counted",
    "pharmacies_for",
    "public_keys",
    "queue_of",
    "secret_for",
    "secret_of",
    "seen_by",
    "shown_access_code",
    "signature_of",
]
