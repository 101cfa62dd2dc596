"""Drugs, prescriptions with their items, keys, what pharmacies do with them, and what is filed nationally."""

from prescriptions.models.asking import (
    AnswerLine,
    Inquiry,
    InquiryLine,
    PharmacyAnswer,
    Reservation,
    ReservedLine,
)
from prescriptions.models.collecting import Acceptance, Dispense, Presentation, WrongTry
from prescriptions.models.counter import CodeMessage, CounterCode, DoseReminder, DoseTimes, StockImport
from prescriptions.models.drugs import Drug, DrugImport, DrugWord
from prescriptions.models.filings import Filing, NationalAccount
from prescriptions.models.keys import SigningKey
from prescriptions.models.prescriptions import Item, Override, Prescription
from prescriptions.models.rules import RulePair, RuleSet
from prescriptions.models.stock import AnswerRule, Lot, LowMark, Sale, StockMove

__all__ = [
    "Acceptance",
    "AnswerLine",
    "AnswerRule",
    "CodeMessage",
    "CounterCode",
    "Dispense",
    "DoseReminder",
    "DoseTimes",
    "Drug",
    "DrugImport",
    "DrugWord",
    "Filing",
    "Inquiry",
    "InquiryLine",
    "Item",
    "Lot",
    "LowMark",
    "NationalAccount",
    "Override",
    "PharmacyAnswer",
    "Prescription",
    "Presentation",
    "Reservation",
    "ReservedLine",
    "RulePair",
    "RuleSet",
    "Sale",
    "SigningKey",
    "StockImport",
    "StockMove",
    "WrongTry",
]
