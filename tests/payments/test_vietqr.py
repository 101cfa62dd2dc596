"""The QR code of a transfer: published strings byte for byte, two independent libraries each way, and what is refused."""

from __future__ import annotations

import json
import random
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qr_pay import QRPay as Napas  # napas-qr-python
from vietnam_qr_pay import QRPay as Vietnam

from payments import banks, vietqr
from payments.vietqr import NotVietQR, VietQR

VECTORS = json.loads((Path(__file__).parent / "fixtures" / "vietqr_vectors.json").read_text())
# Quoted in specs/vietnam.md 4.2.
QUOTED = {
    "N2": (
        "00020101021238570010A00000072701270006970403011300110123456780208QRIBFTTA530370454061800005802VN"
        "62340107NPS68690819thanh toan don hang63042E2E",
        {"bin": "970403", "account": "0011012345678", "amount": 180000, "bill": "NPS6869", "memo": "thanh toan don hang"},
    ),
    "N4": (
        "00020101021238600010A00000072701300006970403011697040311012345670208QRIBFTTC530370454061800005802VN"
        "62340107NPS68690819thanh toan don hang6304A203",
        {"bin": "970403", "account": "9704031101234567", "amount": 180000, "bill": "NPS6869",
         "memo": "thanh toan don hang", "service": "QRIBFTTC"},
    ),
    "P2": (
        "00020101021238530010A0000007270123000697041601092576788590208QRIBFTTA53037045405100005802VN62150811Chuyen tien630453E6",
        {"bin": "970416", "account": "257678859", "amount": 10000, "memo": "Chuyen tien"},
    ),
    "R4": (
        "00020101021238540010A00000072701240006970436011010319334300208QRIBFTTA53037045405500005802VN62140810Thanh toan630438A6",
        {"bin": "970436", "account": "1031933430", "amount": 50000, "memo": "Thanh toan"},
    ),
}  # fmt: skip
KNOWN = [(one["id"], one["payload"], one["fields"]) for one in VECTORS["published"] + VECTORS["generated"]]
KNOWN += [(name, payload, {"init": "12", **fields}) for name, (payload, fields) in QUOTED.items()]
BANKS = [bank.bin for bank in banks.every() if bank.takes_transfers]


def said(fields: dict[str, Any]) -> VietQR:
    """The vector's fields as ours."""
    return VietQR(
        bank=fields["bin"],
        account=fields["account"],
        amount=fields.get("amount"),
        memo=fields.get("memo", ""),
        bill=fields.get("bill", ""),
        reference=fields.get("reference", ""),
        service=fields.get("service", "QRIBFTTA"),
        is_dynamic=fields["init"] == "12",
    )


@pytest.mark.parametrize(("name", "payload", "fields"), KNOWN, ids=[name for name, _, _ in KNOWN])
def test_published_codes_are_written_and_read_byte_for_byte(name: str, payload: str, fields: dict[str, Any]) -> None:
    assert vietqr.encode(said(fields)) == payload
    assert vietqr.decode(payload) == said(fields)


def test_the_check_sum_is_the_known_one() -> None:
    assert vietqr.crc16("123456789") == VECTORS["crc"]["check_123456789"]


@pytest.mark.parametrize(
    ("name", "code"), [("X1", "bad_crc"), ("X3", "no_crc"), ("X5", "bad_length"), ("X7", "no_crc")]
)
def test_damaged_codes_are_refused_with_the_reason(name: str, code: str) -> None:
    payload = next(one["payload"] for one in VECTORS["negative"] if one["id"] == name)
    with pytest.raises(NotVietQR) as refused:
        vietqr.decode(payload)
    assert refused.value.code == code


def sealed(body: str) -> str:
    return body + "6304" + vietqr.crc16(body + "6304")


HEAD, FIELD_38 = "000201010212", "38540010A00000072701240006970436011010319334300208QRIBFTTA"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "bad_version"),
        (f"000202010212{FIELD_38}53037045802VN", "bad_version"),
        (f"000201010213{FIELD_38}53037045802VN", "bad_initiation"),
        (f"{HEAD}53037045802VN", "not_vietqr"),
        (f"{HEAD}{FIELD_38.replace('727', '775')}53037045802VN", "not_vietqr"),
        (f"{HEAD}{FIELD_38.replace('QRIBFTTA', 'QRIBFTTX')}53037045802VN", "bad_service"),
        (f"{HEAD}{FIELD_38.replace('970436', '97043A')}53037045802VN", "bad_bank"),
        (f"{HEAD}{FIELD_38}53038405802VN", "bad_currency"),
        (f"{HEAD}{FIELD_38}53037045802US", "bad_country"),
        (f"{HEAD}{FIELD_38}530370454045e105802VN", "bad_amount"),
        (f"{HEAD}{FIELD_38}5303704540105802VN", "bad_amount"),
        (f"{HEAD}{FIELD_38}53037045405100.05802VN", "bad_amount"),
        (f"{HEAD}{FIELD_38}53037045414123456789012345802VN", "bad_amount"),
        (f"{HEAD}{FIELD_38}5802VN5303704", "bad_order"),
        (f"{HEAD}{FIELD_38}5303704530370454041000" + "5802VN", "bad_order"),
        (f"{HEAD}{FIELD_38}53037045802VN62300826" + "A" * 26, "too_long"),
        (f"{HEAD}{FIELD_38}53037045802VN5926" + "A" * 26, "too_long"),
        (f"{HEAD}{FIELD_38}53037045802VN6205081", "bad_length"),
    ],
)
def test_what_another_reader_might_read_otherwise_is_not_read(body: str, code: str) -> None:
    with pytest.raises(NotVietQR) as refused:
        vietqr.decode(sealed(body))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"bank": "97043"}, "bad_bank"),
        ({"account": ""}, "bad_account"),
        ({"account": "1" * 20}, "bad_account"),
        ({"account": "12 34"}, "bad_account"),
        ({"amount": 0}, "bad_amount"),
        ({"amount": 10**13}, "bad_amount"),
        ({"memo": "a" * 26}, "bad_memo"),
        ({"memo": "khám bệnh"}, "bad_memo"),
        ({"memo": " a"}, "bad_memo"),
        ({"name": "A" * 26}, "too_long"),
        ({"name": "Bệnh viện"}, "not_ascii"),
        ({"bill": "A" * 26}, "too_long"),
        ({"service": "QRIBFTTX"}, "bad_service"),
    ],
)
def test_what_the_format_cannot_say_is_not_written(change: dict[str, Any], code: str) -> None:
    with pytest.raises(NotVietQR) as refused:
        vietqr.encode(VietQR(**{"bank": "970436", "account": "1031933430", **change}))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "memo"),
    [
        ("Đặt khám: đợt 2", "Dat kham: dot 2"),
        ("NGUYỄN THỊ ÁNH, 28/02", "NGUYEN THI ANH 28/02"),
        ("  a\n\tb  ", "a b"),
        ("ngày mai tôi đến khám bệnh viện", "ngay mai toi den kham ben"),
        ("一二", ""),
    ],
)
def test_a_memo_has_no_tone_marks(text: str, memo: str) -> None:
    assert vietqr.plain(text) == memo


def drawn(rows: int) -> list[VietQR]:
    """Random wishes: always the same ones."""
    chance = random.Random(970436)
    signs = string.ascii_letters + string.digits + " /-:"
    found = []
    for _ in range(rows):
        amount = chance.choice([None, chance.randint(1, 10 ** chance.randint(1, 13) - 1)])
        found.append(
            VietQR(
                bank=chance.choice(BANKS),
                account="".join(chance.choices(string.digits, k=chance.randint(1, 19))),
                amount=amount,
                memo="".join(chance.choices(signs, k=chance.randint(0, 25))).strip(),
                service=chance.choice([vietqr.ACCOUNT, vietqr.CARD]),
                is_dynamic=amount is not None,
            )
        )
    return found


def test_a_thousand_of_ours_are_read_by_two_other_libraries() -> None:
    for one in drawn(1000):
        text = vietqr.encode(one)
        napas, vietnam = Napas.decode(text), Vietnam(text)
        assert (napas.bin_id, napas.consumer_id, napas.purpose_of_transaction or "") == (
            one.bank,
            one.account,
            one.memo,
        )
        assert napas.transaction_amount == (None if one.amount is None else str(one.amount))
        assert vietnam.is_valid
        assert (vietnam.consumer.bank_bin, vietnam.consumer.bank_number) == (one.bank, one.account)
        assert vietnam.amount == (None if one.amount is None else str(one.amount))
        assert (vietnam.additional_data.purpose or "", vietnam.provider.service) == (one.memo, one.service)


def test_a_thousand_of_theirs_are_read_by_us() -> None:
    from vietnam_qr_pay import VietQRService

    for one in drawn(1000):
        kind = VietQRService.BY_CARD_NUMBER if one.service == vietqr.CARD else VietQRService.BY_ACCOUNT_NUMBER
        amount = None if one.amount is None else str(one.amount)
        vietnam = Vietnam.init_viet_qr(one.bank, one.account, amount, one.memo or None, kind)
        assert vietqr.decode(vietnam.build()) == one
        napas = Napas(
            bin_id=one.bank,
            consumer_id=one.account,
            transaction_amount=one.amount,
            purpose_of_transaction=one.memo or None,
            point_of_initiation_method="DYNAMIC" if one.is_dynamic else "STATIC",
            service_code="CARD" if one.service == vietqr.CARD else "ACCOUNT",
        )
        assert vietqr.decode(napas.code) == one


@given(st.text(max_size=120) | st.from_regex(r"000201010212[0-9A-Z]{0,80}6304[0-9A-F]{4}", fullmatch=True))
def test_nonsense_is_refused_and_never_breaks(text: str) -> None:
    try:
        read = vietqr.decode(text)
    except NotVietQR as refused:
        assert str(refused)
    else:
        assert vietqr.encode(read) == text


def test_one_changed_character_is_always_noticed() -> None:
    text = VECTORS["generated"][0]["payload"]
    for place in range(len(text)):
        other = "0" if text[place] != "0" else "1"
        with pytest.raises(NotVietQR):
            vietqr.decode(text[:place] + other + text[place + 1 :])


def test_banks_are_found_by_any_of_their_names() -> None:
    assert [banks.named(name).bin for name in ("BIDV", "970418", "bid", "BIDVVNVX")] == ["970418"] * 4  # type: ignore[union-attr]
    assert banks.by_bin("970436").short_name == "Vietcombank"  # type: ignore[union-attr]
    assert banks.by_bin("970449").short_name == "LPBank"  # type: ignore[union-attr]  # its old name is left out
    assert banks.named("Ngân hàng không có") is None
    assert banks.named("") is None
