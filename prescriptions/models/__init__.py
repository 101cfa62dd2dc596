"""Drugs, prescriptions with their items, keys, what pharmacies do with them, and what is filed nationally."""

from prescriptions.models.certificates import Authority, Certificate, RevocationList
from prescriptions.models.collecting import Acceptance, Dispense, Presentation, WrongTry
from prescriptions.models.documents import Document
from prescriptions.models.drugs import Drug, DrugImport, DrugWord
from prescriptions.models.filings import Filing, NationalAccount
from prescriptions.models.keys import SigningKey
from prescriptions.models.own import Favourite, LineSet, Snippet
from prescriptions.models.particulars import Particulars
from prescriptions.models.parts import Part, Share
from prescriptions.models.permits import Permit
from prescriptions.models.prescriptions import Item, Override, Prescription
from prescriptions.models.rules import RulePair, RuleSet

__all__ = [
    "Acceptance",
    "Authority",
    "Certificate",
    "Dispense",
    "Document",
    "Drug",
    "DrugImport",
    "DrugWord",
    "Favourite",
    "Filing",
    "Item",
    "LineSet",
    "NationalAccount",
    "Override",
    "Part",
    "Particulars",
    "Permit",
    "Prescription",
    "Presentation",
    "RevocationList",
    "RulePair",
    "RuleSet",
    "Share",
    "SigningKey",
    "Snippet",
    "WrongTry",
]
