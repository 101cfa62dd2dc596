"""Drugs, prescriptions with their items, keys, what pharmacies do with them, and what is filed nationally."""

from prescriptions.models.asking import (
    AnswerLine,
    Inquiry,
    InquiryLine,
    PharmacyAnswer,
    Reservation,
    ReservedLine,
)
from prescriptions.models.certificates import Authority, Certificate, RevocationList
from prescriptions.models.collecting import Acceptance, Dispense, Presentation, WrongTry
from prescriptions.models.counter import CodeMessage, CounterCode, DoseReminder, DoseTimes, StockImport
from prescriptions.models.documents import Document
from prescriptions.models.drugs import Drug, DrugImport, DrugWord
from prescriptions.models.figures import Counted, DrugFigure, Figure, Recount
from prescriptions.models.filings import Filing, NationalAccount
from prescriptions.models.keys import SigningKey
from prescriptions.models.own import Favourite, LineSet, Snippet
from prescriptions.models.particulars import Particulars
from prescriptions.models.parts import Part, Share
from prescriptions.models.permits import Permit
from prescriptions.models.prescriptions import Item, Override, Prescription
from prescriptions.models.rules import RulePair, RuleSet
from prescriptions.models.stock import AnswerRule, Lot, LowMark, Sale, StockMove

__all__ = [
    "Acceptance",
    "AnswerLine",
    "AnswerRule",
    "Authority",
    "Certificate",
    "ChangeMark",
    "CodeMessage",
    "Counted",
    "CounterCode",
    "Dispense",
    "Document",
    "DoseReminder",
    "DoseTimes",
    "Drug",
    "DrugFigure",
    "DrugImport",
    "DrugWord",
    "Favourite",
    "Figure",
    "Filing",
    "Inquiry",
    "InquiryLine",
    "Item",
    "LineSet",
    "Lot",
    "LowMark",
    "NationalAccount",
    "Override",
    "Part",
    "Particulars",
    "Permit",
    "PharmacyAnswer",
    "Prescription",
    "Presentation",
    "Recount",
    "Reservation",
    "ReservedLine",
    "RevocationList",
    "RulePair",
    "RuleSet",
    "Sale",
    "Share",
    "SigningKey",
    "Snippet",
    "StockImport",
    "StockMove",
    "WrongTry",
]
