"""Drugs, prescriptions with their items, keys, and what pharmacies do with them."""

from prescriptions.models.collecting import Acceptance, Dispense, Presentation, WrongTry
from prescriptions.models.drugs import Drug
from prescriptions.models.keys import SigningKey
from prescriptions.models.prescriptions import Item, Override, Prescription
from prescriptions.models.rules import RulePair, RuleSet

__all__ = [
    "Acceptance",
    "Dispense",
    "Drug",
    "Item",
    "Override",
    "Prescription",
    "Presentation",
    "RulePair",
    "RuleSet",
    "SigningKey",
    "WrongTry",
]
