"""Statements as banks give them: in any order of columns, any writing of amounts, old encodings, MT940."""

from __future__ import annotations

import ast
import inspect
import io
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook

from core import sheets
from core import tables as csv_tables
from payments import statements
from payments.statements import Came, FileProblem, Skipped, mt940, tables
from payments.statements.amounts import dong_of, instant_of

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
ACCOUNT = "0011001234567"
AS_THE_BANK_GIVES_IT = """\
NGÂN HÀNG TMCP NGOẠI THƯƠNG VIỆT NAM,,,,,
SAO KÊ TÀI KHOẢN,,,,,
Số tài khoản: 0011 0012 34567,,,,,
Từ ngày 01/03/2031 đến ngày 25/03/2031,,,,,
,,,,,
Ngày GD/ Tnx Date,Số CT/ Doc No,Số tiền ghi nợ/ Debit,Số tiền ghi có/ Credit,Số dư/ Balance,Nội dung chi tiết/ Transactions in detail
25/03/2031 13:59:04,FT31084000001,,"150,000","1,150,000",MBVCB.123.LH7K2M9QXT5R01.CT tu 0123 NGUYEN THI AN toi Bệnh viện
25/03/2031 14:02:00,FT31084000002,"1,000,000",,"150,000",Trả tiền điện
25/03/2031 14:05:00,FT31084000003,,"2,500,000","2,650,000","Chuyển tiền, cảm ơn"
32/03/2031,FT31084000004,,"1,000","1,000",x
25/03/2031 14:07:00,FT31084000005,,1.0.0,"1,000",x
,,,,,
Tổng cộng,,"1,000,000","2,650,000",,
"""


def read(content: bytes, name: str = "sao-ke.csv", account: str = ACCOUNT) -> list[Came | Skipped]:
    return list(statements.read(statements.kind_of(name, content), content, account=account))


def came(rows: list[Came | Skipped]) -> list[tuple[str, int]]:
    return [(row.number, row.amount) for row in rows if isinstance(row, Came)]


def skipped(rows: list[Came | Skipped]) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in rows if isinstance(row, Skipped)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_csv_is_read_row_by_row(encoding: str) -> None:
    rows = read(AS_THE_BANK_GIVES_IT.encode(encoding))
    assert came(rows) == [("FT31084000001", 150_000), ("FT31084000003", 2_500_000)]
    assert skipped(rows) == [(8, "going_out"), (10, "bad_date"), (11, "bad_amount")]
    first = rows[0]
    assert isinstance(first, Came)
    assert first.at == datetime(2031, 3, 25, 13, 59, 4, tzinfo=HANOI)
    assert first.memo == "MBVCB.123.LH7K2M9QXT5R01.CT tu 0123 NGUYEN THI AN toi Bệnh viện"


def in_windows_1258(text: str) -> bytes:
    """As Windows' keyboard for Vietnamese wrote it: the letter, then its tone as a sign of its own."""
    import unicodedata

    out = b""
    for letter in text:
        try:
            out += letter.encode("cp1258")
        except UnicodeEncodeError:
            base, *tones = unicodedata.normalize("NFD", letter)
            shaped = [tone for tone in tones if tone in "\u0302\u0306\u031b"]
            rest = [tone for tone in tones if tone not in shaped]
            out += (unicodedata.normalize("NFC", base + "".join(shaped)) + "".join(rest)).encode("cp1258")
    return out


def test_an_old_encoding_is_read_letter_by_letter() -> None:
    raw = in_windows_1258(AS_THE_BANK_GIVES_IT)
    with pytest.raises(UnicodeDecodeError):
        raw.decode()
    assert read(raw) == read(AS_THE_BANK_GIVES_IT.encode())


def test_semicolons_and_points_between_thousands() -> None:
    text = (
        "STT;Ngày;Giờ;Diễn giải;Số tiền;TK đối ứng;Tên đối ứng\n"
        "1;25-03-2031;14:05:33;LH;+1.500.000 VND;9704;NGUYỄN AN\n"
        "2;25-03-2031;14:06;x;-20.000 VND;;\n"
    )
    rows = read(text.encode())
    assert rows[0] == Came(
        amount=1_500_000,
        at=datetime(2031, 3, 25, 14, 5, 33, tzinfo=HANOI),
        memo="LH",
        counter_account="9704",
        counter_name="NGUYỄN AN",
        line=2,
    )
    assert skipped(rows) == [(3, "going_out")]


def test_a_workbook_with_real_numbers_and_dates() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["Ngân hàng Kỹ thương"],
        ["Account No:", ACCOUNT],
        ["Transaction date", "Reference", "Debit", "Credit", "Description"],
        [datetime(2031, 3, 25, 9, 30), "FT1", None, 150_000, "LH"],  # noqa: DTZ001
        [datetime(2031, 3, 25), "FT2", 20_000.0, None, "phí"],  # noqa: DTZ001
        ["25/03/2031 10:00", "FT3", 0, "300.000", "LH"],
    ):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    rows = read(out.getvalue(), "sao ke.xlsx")
    assert came(rows) == [("FT1", 150_000), ("FT3", 300_000)]
    assert skipped(rows) == [(5, "going_out")]


MT940 = """\
{1:F01BFTVVNVXAXXX0000000000}{2:O9400000310325BFTVVNVXAXXX00000000003103250000N}{4:
:20:SK20310325
:25:BFTVVNVX/0011001234567
:28C:84/1
:60F:C310324VND1000000,00
:61:3103250325C150000,00NTRFNONREF//FT31084000001
MB BANK
:86:?20MBVCB.123.LH7K2M9QXT?215R01.CT tu 0123
NGUYEN THI AN
:61:3103250325D20000,NCHGPHI//FT31084000002
:86:PHI
:61:310325RD300000,00NTRFREF77
:86:HOAN TRA
:61:310325RC300000,00NTRFREF78//X
:61:310325C1,50NTRFREF79
:61:nonsense
:61:319925C1,NTRFREF80
:62F:C310325VND1430000,00
-}
"""


def test_mt940_movements_with_their_words() -> None:
    rows = read(MT940.encode(), "sk.sta")
    assert came(rows) == [("FT31084000001", 150_000), ("REF77", 300_000)]
    assert [reason for _, reason in skipped(rows)] == ["going_out", "going_out", "bad_amount", "bad_row", "bad_date"]
    first = rows[0]
    assert isinstance(first, Came)
    assert first.memo == "MBVCB.123.LH7K2M9QXT 5R01.CT tu 0123 NGUYEN THI AN"
    assert read(MT940.replace("\n", "\r\n").encode(), "sk.sta") == rows


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"a,b\n1,2\n", "no_header"),
        (AS_THE_BANK_GIVES_IT.replace("0011 0012 34567", "0011 0099 99999").encode(), "other_account"),
        (MT940.replace("0011001234567", "0011009999999").encode(), "other_account"),
        (MT940.replace("VND", "USD").encode(), "other_currency"),
        (b":20:x\n:25:1\n", "file_unreadable"),
        (b"PK\x03\x04 not a workbook", "file_unreadable"),
        (b"ng\x8a\xe0y\n", "wrong_encoding"),
        (b" " * (5 * 1024 * 1024 + 1), "file_too_large"),
    ],
)
def test_files_nobody_can_read_say_why(content: bytes, code: str) -> None:
    with pytest.raises(FileProblem) as refused:
        read(content, "sk.csv")
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("150000", 150_000), ("150,000", 150_000), ("150.000", 150_000), ("150 000", 150_000), ("1.500.000,00", 1_500_000),
        ("1,500,000.00", 1_500_000), ("150.000 VND", 150_000), ("150.000 ₫", 150_000), ("+150.000đ", 150_000),
        ("-20.000", -20_000), ("150000.00", 150_000), ("0", 0), ("0.00", 0), ("1'500'000", 1_500_000),
        ("150.000,50", None), ("150.00.000", None), ("1,5", None), ("15.0000", None), ("abc", None), ("", None),
        ("1.500,000.000", None), ("9" * 16, None), ("1e5", None), ("٣٠٠", None),
    ],
)  # fmt: skip
def test_amounts_as_banks_write_them(text: str, amount: int | None) -> None:
    assert dong_of(text) == amount


@pytest.mark.parametrize(
    ("text", "clock", "hour"),
    [
        ("25/03/2031 14:05:33", "", 14), ("25/03/2031", "14:05", 14), ("2031-03-25 14:05", "", 14),
        ("2031-03-25T14:05:33.120", "", 14), ("25-03-2031", "", 0), ("14:05:33 25/03/2031", "", 14),
    ],
)  # fmt: skip
def test_dates_as_banks_write_them(text: str, clock: str, hour: int) -> None:
    found = instant_of(text, clock)
    assert found is not None
    assert (found.date().isoformat(), found.hour, found.tzinfo) == ("2031-03-25", hour, HANOI)


def test_nonsense_is_no_date() -> None:
    assert [instant_of(text) for text in ("", "hôm nay", "31/02/2031", "03/25/2031")] == [None] * 4


def test_every_reason_has_words() -> None:
    used: set[Any] = set()
    for module in (statements, tables, mt940, sheets, csv_tables):
        for call in [node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Call)]:
            place = {"FileProblem": 0, "Skipped": 1}.get(getattr(call.func, "id", ""))
            if place is not None and len(call.args) > place and isinstance(call.args[place], ast.Constant):
                used.add(call.args[place].value)
    assert used <= set(statements.REASONS)
