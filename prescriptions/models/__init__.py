"""Drugs, prescriptions with their items, keys, what pharmacies do with them, and what is filed nationally."""

from prescriptions.models.collecting import Acceptance, Dispense, Presentation, WrongTry
from prescriptions.models.drugs import Drug, DrugImport, DrugWord
from prescriptions.models.figures import Counted, DrugFigure, Figure, Recount
from prescriptions.models.filings import Filing, NationalAccount
from prescriptions.models.keys import SigningKey
from prescriptions.models.prescriptions import Item, Override, Prescription
from prescriptions.models.rules import RulePair, RuleSet

__all__ = [
    "Acceptance",
    "Counted",
    "Dispense",
    "Drug",
    "DrugFigure",
    "DrugImport",
    "DrugWord",
    "Figure",
    "Filing",
    "Item",
    "NationalAccount",
    "Override",
    "Prescription",
    "Presentation",
    "Recount",
    "RulePair",
    "RuleSet",
    "SigningKey",
    "WrongTry",
]
