"""VietQR: what the QR code of a bank transfer says, written and read strictly. Pure, and no Django.

The format is EMVCo's for codes shown by the merchant, in NAPAS's profile: objects of id, length and value in ascending order,
field 38 with the bank and the account, a CRC-16/CCITT-FALSE at the end (specs/vietnam.md 4.2).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import pairwise

GUID = "A000000727"
ACCOUNT, CARD = "QRIBFTTA", "QRIBFTTC"
SERVICES = (ACCOUNT, CARD, "QRPUSH", "QRCASH")
DONG = "704"  # ISO 4217
MOST = 9_999_999_999_999  # 13 digits
LONGEST_MEMO = 25
_BIN = re.compile(r"[0-9]{6}", re.ASCII)
_ACCOUNT = re.compile(r"[0-9A-Za-z]{1,19}", re.ASCII)
_AMOUNT = re.compile(r"[1-9][0-9]{0,12}", re.ASCII)
_MEMO = re.compile(r"[0-9A-Za-z/:-](?:[0-9A-Za-z /:-]*[0-9A-Za-z/:-])?", re.ASCII)
_NOT_IN_MEMO = re.compile(r"[^0-9A-Za-z/:-]+", re.ASCII)
_HEAD = re.compile(r"[0-9]{4}", re.ASCII)
_CRC = re.compile(r"6304[0-9A-F]{4}", re.ASCII)
_PRINTABLE = re.compile(r"[\x20-\x7e]+")
# Longest values: of the whole code, and of field 62.
_LONGEST = {"52": 4, "55": 2, "56": 13, "57": 5, "59": 25, "60": 15, "61": 10}
_LONGEST_MORE = {"01": 25, "02": 25, "03": 25, "04": 25, "05": 25, "06": 25, "07": 25, "08": 25, "09": 3}

WORDS = {
    "empty": "there is nothing to read",
    "not_ascii": "only printable ASCII may stand in a VietQR code",
    "no_crc": "the code does not end with field 63: it was cut off",
    "bad_crc": "the check sum is wrong: the code was damaged or altered",
    "bad_length": "a field runs past the end, or its head is not four digits",
    "bad_order": "the fields are not in ascending order, or one is there twice",
    "bad_version": "field 00 must be 01",
    "bad_initiation": "field 01 must be 11 or 12",
    "not_vietqr": "field 38 with NAPAS's A000000727 is missing",
    "bad_bank": "the bank must be six digits",
    "bad_account": "the account must be 1 to 19 letters and digits",
    "bad_service": "the service is not known",
    "bad_currency": "field 53 must be 704, the dong",
    "bad_country": "field 58 must be VN",
    "bad_amount": "the amount must be 1 to 13 digits and more than nothing",
    "bad_memo": "the memo may have 25 letters, digits, spaces and / - :",
    "too_long": "a field is longer than the format allows",
}  # fmt: skip


class NotVietQR(ValueError):
    """This is not a VietQR code, or cannot become one. `code` says why, for programs; `where` names the field."""

    def __init__(self, code: str, where: str = "") -> None:
        self.code, self.where = code, where
        super().__init__(f"{WORDS[code]}{f' (field {where})' if where else ''}")


@dataclass(frozen=True)
class VietQR:
    """What a code says: to which account, perhaps how much and what for. `more` holds the other fields as they stand."""

    bank: str  # BIN, six digits
    account: str  # account or card
    amount: int | None = None  # dong
    memo: str = ""  # 62.08
    bill: str = ""  # 62.01
    reference: str = ""  # 62.05
    service: str = ACCOUNT
    is_dynamic: bool = False  # for one payment only: always so when there is an amount
    name: str = ""  # 59
    city: str = ""  # 60
    category: str = ""  # 52
    more: tuple[tuple[str, str], ...] = ()  # by id; "62.03" is inside field 62


def crc16(text: str) -> str:
    """Return CRC-16/CCITT-FALSE as four capital hexadecimal digits."""
    crc = 0xFFFF
    for byte in text.encode("ascii"):
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return f"{crc:04X}"


def plain(text: str, most: int = LONGEST_MEMO) -> str:
    """Return a text as a memo may say it: no tone marks, đ as d, nothing but letters, digits and / - :, cut to `most`."""
    # Unicode does not take the bar off a đ: it is a letter of its own.
    straight = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    bare = "".join(sign for sign in straight if not unicodedata.combining(sign))
    return _NOT_IN_MEMO.sub(" ", bare).strip()[:most].strip()


def encode(said: VietQR) -> str:
    """Return the text of the QR code. Raises NotVietQR for what the format cannot say."""
    _check(said)
    said = replace(said, is_dynamic=said.is_dynamic or said.amount is not None)
    whose = _object("00", said.bank) + _object("01", said.account)
    inside = {name[3:]: value for name, value in said.more if name.startswith("62.")}
    inside |= {"01": said.bill, "05": said.reference, "08": said.memo}
    objects = {name: value for name, value in said.more if "." not in name}
    objects |= {
        "00": "01",
        "01": "12" if said.is_dynamic else "11",
        "38": _object("00", GUID) + _object("01", whose) + _object("02", said.service),
        "52": said.category,
        "53": DONG,
        "54": "" if said.amount is None else str(said.amount),
        "58": "VN",
        "59": said.name,
        "60": said.city,
        "62": "".join(_object(name, value) for name, value in sorted(inside.items())),
    }
    body = "".join(_object(name, value) for name, value in sorted(objects.items())) + "6304"
    if not _PRINTABLE.fullmatch(body):
        raise NotVietQR("not_ascii")
    return body + crc16(body)


def _check(said: VietQR) -> None:
    if not _BIN.fullmatch(said.bank):
        raise NotVietQR("bad_bank", "38")
    if not _ACCOUNT.fullmatch(said.account):
        raise NotVietQR("bad_account", "38")
    if said.service not in SERVICES:
        raise NotVietQR("bad_service", "38")
    if said.amount is not None and not 0 < said.amount <= MOST:
        raise NotVietQR("bad_amount", "54")
    if said.memo and (len(said.memo) > LONGEST_MEMO or not _MEMO.fullmatch(said.memo)):
        raise NotVietQR("bad_memo", "62")
    for name, value in (("52", said.category), ("59", said.name), ("60", said.city)):
        if len(value) > _LONGEST[name]:
            raise NotVietQR("too_long", name)
    if max(len(said.bill), len(said.reference)) > 25:
        raise NotVietQR("too_long", "62")


def _object(name: str, value: str) -> str:
    if len(value) > 99:
        raise NotVietQR("too_long", name)
    return f"{name}{len(value):02d}{value}" if value else ""


def decode(text: str) -> VietQR:
    """Read a VietQR code. Raises NotVietQR: what a bank's app might read otherwise is not read at all."""
    top = _top_level(text)
    if top.pop("00", "") != "01":
        raise NotVietQR("bad_version", "00")
    initiation = top.pop("01", "")
    if initiation not in {"11", "12"}:
        raise NotVietQR("bad_initiation", "01")
    bank, account, service = _whose(top.pop("38", ""))
    if top.pop("53", "") != DONG:
        raise NotVietQR("bad_currency", "53")
    if top.pop("58", "") != "VN":
        raise NotVietQR("bad_country", "58")
    amount = top.pop("54", None)
    if amount is not None and not _AMOUNT.fullmatch(amount):
        raise NotVietQR("bad_amount", "54")
    inside = _objects(top.pop("62", ""), "62")
    _bounded(top, _LONGEST)
    _bounded(inside, _LONGEST_MORE, "62")
    return VietQR(
        bank=bank,
        account=account,
        service=service,
        amount=None if amount is None else int(amount),
        is_dynamic=initiation == "12",
        memo=inside.pop("08", ""),
        bill=inside.pop("01", ""),
        reference=inside.pop("05", ""),
        category=top.pop("52", ""),
        name=top.pop("59", ""),
        city=top.pop("60", ""),
        more=(*top.items(), *((f"62.{name}", value) for name, value in inside.items())),
    )


def _top_level(text: str) -> dict[str, str]:
    if not text:
        raise NotVietQR("empty")
    if not _PRINTABLE.fullmatch(text):
        raise NotVietQR("not_ascii")
    if not _CRC.fullmatch(text[-8:]):
        raise NotVietQR("no_crc", "63")
    if crc16(text[:-4]) != text[-4:]:
        raise NotVietQR("bad_crc", "63")
    return _objects(text[:-8], "")


def _objects(text: str, where: str) -> dict[str, str]:
    """Read objects of id, length and value, in strictly ascending order."""
    found: dict[str, str] = {}
    place = 0
    while place < len(text):
        head = text[place : place + 4]
        end = place + 4 + int(head[2:] if _HEAD.fullmatch(head) else "99")
        if not _HEAD.fullmatch(head) or end > len(text) or head[2:] == "00":
            raise NotVietQR("bad_length", where or head[:2])
        if head[:2] in found:
            raise NotVietQR("bad_order", where or head[:2])
        found[head[:2]] = text[place + 4 : end]
        place = end
    if any(later < earlier for earlier, later in pairwise(found)) or (not where and "63" in found):
        raise NotVietQR("bad_order", where)
    return found


def _whose(text: str) -> tuple[str, str, str]:
    """Return bank, account and service of field 38."""
    objects = _objects(text, "38")
    if objects.get("00") != GUID or not set(objects) <= {"00", "01", "02"}:
        raise NotVietQR("not_vietqr", "38")
    whose = _objects(objects.get("01", ""), "38")
    bank, account, service = whose.get("00", ""), whose.get("01", ""), objects.get("02", "")
    if not _BIN.fullmatch(bank):
        raise NotVietQR("bad_bank", "38")
    if not _ACCOUNT.fullmatch(account) or len(whose) > 2:
        raise NotVietQR("bad_account", "38")
    if service not in SERVICES:
        raise NotVietQR("bad_service", "38")
    return bank, account, service


def _bounded(objects: dict[str, str], longest: dict[str, int], where: str = "") -> None:
    for name, value in objects.items():
        if len(value) > longest.get(name, 99):
            raise NotVietQR("too_long", where or name)
