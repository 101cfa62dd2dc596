"""One try of one filing: from the row to the network and back to what came of it. No transaction is open here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from prescriptions import sealing
from prescriptions.gateway import mapping, wire
from prescriptions.gateway.answers import Outcome, Verdict, token_ends_at, token_of
from prescriptions.models import Dispense, Drug, Filing, NationalAccount, Prescription

Trouble, Kind = Filing.Trouble, NationalAccount.Kind
PASSWORD, TOKEN = "national-password", "national-token"
SOON = timedelta(minutes=1)


@dataclass(frozen=True)
class Carried:
    """What came of a try. Sent, or waiting to be tried again, or (neither) for a person."""

    is_sent: bool = False
    waits: bool = False
    trouble: str = ""
    words: str = ""
    errors: tuple[str, ...] = ()
    checksum: str = ""
    is_uncertain: bool = False
    retry_after: timedelta | None = None


def carry(filing: Filing, now: datetime) -> Carried:
    """Send a prescription, or report a sale."""
    carried = _carry_sale(filing, now) if filing.kind == Filing.Kind.SALE else _carry_prescription(filing, now)
    # What may be stored already stays so until it is known to be, whatever kept this try from getting so far.
    uncertain = carried.is_uncertain or (filing.is_uncertain and not carried.is_sent)
    return replace(carried, is_uncertain=uncertain)


# ---- a prescription


def _carry_prescription(filing: Filing, now: datetime) -> Carried:
    prescription = filing.prescription
    try:
        body = _body_of(prescription, filing.facility.zone)
    except (KeyError, TypeError, ValueError):
        return Carried(trouble=Trouble.INCOMPLETE, errors=("content",))
    assert prescription.signed_at is not None
    signed_on = prescription.signed_at.astimezone(ZoneInfo(filing.facility.zone)).date()
    if absent := mapping.missing(body, signed_on):
        return Carried(trouble=Trouble.INCOMPLETE, errors=tuple(dict.fromkeys(absent)))
    accounts = _accounts(filing, (Kind.FACILITY, Kind.PRESCRIBER))
    if isinstance(accounts, Carried):
        return accounts
    facility, doctor = accounts
    token = _doctor_token(facility, doctor, now)
    if isinstance(token, Carried):
        return token
    was_uncertain = filing.is_uncertain
    Filing.objects.filter(pk=filing.pk, taken_by=filing.taken_by).update(is_uncertain=True)
    verdict = wire.send(token, body)
    if verdict.outcome == Outcome.ACCOUNT:  # the token has ended before its time: once more with a new one
        token = _doctor_token(facility, doctor, now, fresh=True)
        if isinstance(token, Carried):
            return token
        verdict = wire.send(token, body)
        if verdict.outcome == Outcome.ACCOUNT:
            return _account_refused(doctor, verdict, now)
    if verdict.outcome == Outcome.DUPLICATE and was_uncertain:
        return _look_whether_it_is_ours(filing, body, verdict, now)
    return _read(verdict)


def _body_of(prescription: Prescription, zone: str) -> dict[str, Any]:
    content = prescription.content
    if not isinstance(content, dict):
        raise TypeError("nothing was signed")
    return mapping.send_body(content, zone=zone, signature=prescription.signature, options=wire.options())


def _look_whether_it_is_ours(filing: Filing, body: Mapping[str, Any], duplicate: Verdict, now: datetime) -> Carried:
    """It left the house once without an answer, and now the code is known: most likely it was stored then."""
    application = _accounts(filing, (Kind.APPLICATION,))
    if isinstance(application, Carried):
        return Carried(trouble=Trouble.UNCERTAIN, words=duplicate.words, errors=duplicate.errors, is_uncertain=True)
    found = wire.look_up(_app(application[0]), str(body["ma_don_thuoc"]))
    if found.outcome == Outcome.TAKEN and isinstance(found.body, dict):
        if _is_the_same(found.body, body):
            return Carried(is_sent=True, words=duplicate.words, checksum=duplicate.checksum)
        return Carried(trouble=Trouble.DUPLICATE, words=duplicate.words, errors=duplicate.errors)
    if found.outcome == Outcome.LATER:
        return replace(_read(found), is_uncertain=True)
    if found.outcome == Outcome.ACCOUNT:
        return replace(_account_refused(application[0], found, now), is_uncertain=True)
    return Carried(trouble=Trouble.UNCERTAIN, words=found.words, errors=found.errors, is_uncertain=True)


def _is_the_same(found: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    names = ("ho_ten_benh_nhan", "ngay_gio_ke_don", "ngay_sinh_benh_nhan")
    same_code = str(found.get("ma_don_thuoc", "")).lower() == str(body["ma_don_thuoc"]).lower()
    return same_code and all(found.get(name) == body[name] for name in names)


def _read(verdict: Verdict) -> Carried:
    """Turn an answer to what was sent into what becomes of it."""
    told: dict[str, Any] = {"words": verdict.words, "errors": verdict.errors, "checksum": verdict.checksum}
    match verdict.outcome:
        case Outcome.TAKEN:
            return Carried(is_sent=True, **told)
        case Outcome.LATER:
            trouble = {
                wire.NO_ANSWER: Trouble.NO_ANSWER, wire.ADDRESS_REFUSED: Trouble.ADDRESS_REFUSED
            }.get(verdict.words, Trouble.THEIRS)  # fmt: skip
            words = verdict.words if trouble == Trouble.THEIRS else ""
            # "Too many" and an address that we do not go to were certainly not stored; everything else may have been.
            uncertain = verdict.status != 429 and trouble != Trouble.ADDRESS_REFUSED
            return Carried(
                waits=True,
                trouble=trouble,
                words=words,
                errors=verdict.errors,
                is_uncertain=uncertain,
                retry_after=verdict.retry_after,
            )
        case Outcome.DUPLICATE:
            return Carried(trouble=Trouble.DUPLICATE, **told)
        case Outcome.UNKNOWN:
            return Carried(trouble=Trouble.UNKNOWN, **told)
        case _:
            return Carried(trouble=Trouble.REFUSED, **told)


# ---- accounts and tokens


def _accounts(filing: Filing, kinds: Sequence[str]) -> list[NationalAccount] | Carried:
    """Return the accounts that a filing needs. One that is not entered, or was refused and not changed since, is for people."""
    known = {one.kind: one for one in NationalAccount.objects.filter(facility_id=filing.facility_id)
             if one.practitioner_id in (None, filing.prescription.practitioner_id)}  # fmt: skip
    if absent := tuple(str(kind) for kind in kinds if kind not in known):
        return Carried(trouble=Trouble.NO_ACCOUNT, errors=absent)
    refused = [known[kind] for kind in kinds if known[kind].refused_at is not None]
    if refused:  # never asked again by itself: a few wrong tries may shut the account
        return Carried(trouble=Trouble.ACCOUNT_REFUSED, words=refused[0].refusal, errors=(str(refused[0].kind),))
    return [known[kind] for kind in kinds]


def _doctor_token(
    facility: NationalAccount, doctor: NationalAccount, now: datetime, *, fresh: bool = False
) -> str | Carried:
    """Return a token to send with: the kept one while it is good, else a new one."""
    if not fresh and (kept := _kept_token(doctor, now)):
        return kept
    if settings.ERX_ENROL_DOCTORS and doctor.enrolled_at is None:
        told = _enrol(facility, doctor, now)
        if told is not None:
            return told
    password = _secret(doctor, doctor.sealed_password, PASSWORD)
    return _signed_in(doctor, wire.sign_in_doctor(doctor.account, facility.account, password), now)


def _enrol(facility: NationalAccount, doctor: NationalAccount, now: datetime) -> Carried | None:
    """Name the doctor at the facility. Whatever it says but "not you" and "not now", the doctor's own sign-in decides."""
    for fresh in (False, True):
        token: str | Carried = "" if fresh else _kept_token(facility, now)
        if not token:
            password = _secret(facility, facility.sealed_password, PASSWORD)
            token = _signed_in(facility, wire.sign_in_facility(facility.account, password), now)
        if isinstance(token, Carried):
            return token
        verdict = wire.add_doctor(token, doctor.account)
        if verdict.outcome == Outcome.LATER:
            return replace(_read(verdict), is_uncertain=False)
        if verdict.outcome != Outcome.ACCOUNT:
            _same(doctor).update(enrolled_at=now)
            return None
    return _account_refused(facility, verdict, now)


def _signed_in(account: NationalAccount, verdict: Verdict, now: datetime) -> str | Carried:
    if verdict.outcome == Outcome.LATER:
        return replace(_read(verdict), is_uncertain=False)
    token = token_of(verdict.body) if verdict.outcome == Outcome.TAKEN else ""
    if not token:
        return _account_refused(account, verdict, now)
    until = token_ends_at(token, now=now, otherwise=timedelta(hours=settings.ERX_TOKEN_HOURS))
    sealed = sealing.seal(token.encode(), purpose=TOKEN, owner=str(account.id))
    _same(account).update(sealed_token=sealed, token_until=until, refused_at=None, refusal="")
    return token


def _kept_token(account: NationalAccount, now: datetime) -> str:
    if account.sealed_token is None or account.token_until is None or account.token_until <= now + SOON:
        return ""
    return _secret(account, account.sealed_token, TOKEN)


def _account_refused(account: NationalAccount, verdict: Verdict, now: datetime) -> Carried:
    words = "; ".join(verdict.errors) or verdict.words
    _same(account).update(refused_at=now, refusal=words[:300], sealed_token=None, token_until=None, enrolled_at=None)
    return Carried(trouble=Trouble.ACCOUNT_REFUSED, words=words, errors=(str(account.kind),))


def _same(account: NationalAccount) -> Any:
    """The row as it was read: what somebody has entered anew meanwhile is not written over."""
    return NationalAccount.objects.filter(pk=account.pk, changed_at=account.changed_at)


def _secret(account: NationalAccount, sealed: bytes | memoryview, purpose: str) -> str:
    try:
        return sealing.unseal(sealed, purpose=purpose, owner=str(account.id)).decode()
    except sealing.SealBroken:
        return ""  # refused by the other side, and so for people: they enter it anew


def _app(account: NationalAccount) -> tuple[str, str]:
    return account.account, _secret(account, account.sealed_password, PASSWORD)


# ---- a sale


def _carry_sale(filing: Filing, now: datetime) -> Carried:
    accounts = _accounts(filing, (Kind.APPLICATION,))
    if isinstance(accounts, Carried):
        return accounts
    application = accounts[0]
    options = wire.options()
    code = mapping.national_code(filing.prescription.code or "", options)
    found = wire.look_up(_app(application), code)
    if found.outcome == Outcome.ACCOUNT:
        return _account_refused(application, found, now)
    if found.outcome != Outcome.TAKEN:
        return replace(_read(found), is_uncertain=False)
    lines = _lines_of(filing, found.body)
    if lines is None:
        return Carried(trouble=Trouble.UNKNOWN, words=found.words)
    before = {id_: sold for id_, sold, _one in lines}
    if filing.is_uncertain and filing.before is not None:
        sums = {id_: filing.before.get(id_, 0) for id_ in before}
        for id_, _sold, one in lines:
            sums[id_] += one.sold
        if before == sums:
            return Carried(is_sent=True, words=filing.answer)  # the report without an answer was taken
        if before != filing.before:
            return Carried(trouble=Trouble.UNCERTAIN, is_uncertain=True)  # somebody else sold of it meanwhile
    facility = filing.facility
    body = mapping.sale_body(
        code,
        [(one.prescribed_code if options.line_id == "ma_thuoc" else id_, one) for id_, _sold, one in lines],
        pharmacy={
            "code": application.account if options.pharmacy_code == "account" else facility.code,
            "name": facility.name,
            "phone": facility.phone,
            "address": facility.full_address,
        },
        invoice=mapping.invoice_of(filing.key),
        options=options,
    )
    was_uncertain = filing.is_uncertain
    Filing.objects.filter(pk=filing.pk, taken_by=filing.taken_by).update(is_uncertain=True, before=before)
    verdict = wire.report_sale(_app(application), body)
    if verdict.outcome == Outcome.ACCOUNT:
        return replace(_account_refused(application, verdict, now), is_uncertain=was_uncertain)
    return _read(verdict)


def _lines_of(filing: Filing, body: Any) -> list[tuple[str, int, mapping.Sold]] | None:
    """Return (id of the line there, sold there so far, what this sale adds) for each drug of the sale; None if one is not there."""
    there = body.get("thong_tin_don_thuoc") if isinstance(body, dict) else None
    content = filing.prescription.content
    if not isinstance(there, list) or not isinstance(content, dict):
        return None
    free = [one for one in there if isinstance(one, dict)]
    quantities: dict[str, dict[Drug | None, int]] = {}
    for one in (
        Dispense.objects.filter(pk__in=filing.dispenses).select_related("given").order_by("item__rank", "at", "pk")
    ):
        sold = quantities.setdefault(str(one.item_id), {})
        sold[one.given] = sold.get(one.given, 0) + one.quantity
    found = []
    for item in content["items"]:  # in their order, so that two lines of one drug meet their own
        line = next((one for one in free if _is_line(one, item)), None)
        if line is not None:
            free.remove(line)
        if item["id"] not in quantities:
            continue
        if line is None:
            return None
        sold_there, line_id = _count(line.get("so_luong_ban")), str(line.get("id", ""))
        for given, quantity in quantities[item["id"]].items():
            found.append((line_id, sold_there, _sold(item, quantity, given)))
    return found or None


def _is_line(line: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    return line.get("ma_thuoc") == mapping.drug_code(item) and line.get("ten_thuoc") == mapping.drug_name(item)


def _sold(item: Mapping[str, Any], quantity: int, given: Drug | None = None) -> mapping.Sold:
    """`given` is the substitute: reported under the prescribed line, by its own name (specs: 1.6)."""
    code = mapping.drug_code(item)
    sold = dict(item)
    if given is not None:
        sold.pop("national_code", None)
        sold |= {"drug": given.code, "name": given.name_vi, "brand": given.brand, "strength": given.strength}
    return mapping.Sold(
        prescribed_code=code,
        code=mapping.drug_code(sold),
        name=mapping.drug_name(sold),
        brand=sold.get("brand", ""),
        unit=item["unit"][:1].upper() + item["unit"][1:],
        prescribed=item["total"],
        sold=quantity,
        usage=mapping.usage(item),
    )


def _count(value: Any) -> int:
    try:
        return int(value or 0)
    except (TypeError, ValueError):
        return 0
