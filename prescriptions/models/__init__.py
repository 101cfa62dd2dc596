"""Drugs, prescriptions with their items, keys, and what pharmacies do with them."""

from prescriptions.models.collecting import Acceptance, Dispense, Presentation, WrongTry
from prescriptions.models.drugs import Drug, DrugImport, DrugWord
from prescriptions.models.keys import SigningKey
from prescriptions.models.prescriptions import Item, Override, Prescription

__all__ = [
    "Acceptance",
    "Dispense",
    "Drug",
    "DrugImport",
    "DrugWord",
    "Item",
    "Override",
    "Prescription",
    "Presentation",
    "SigningKey",
    "WrongTry",
]
