"""The demo's accounts with payment companies, in plain values: the seed enters them, the sandboxes are told of them.

Nothing here is a secret: the other side is pretended, too. Ids are the same in every demo, because the pretended Stripe is told
where to call before there is a database.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

# Facilities that take money, by their code, with their bank account (BIN, number, holder).
PAYEES = {
    "01A01": ("970436", "0011004561237", "BENH VIEN DA KHOA TRUNG UONG SONG HONG"),
    "79A02": ("970418", "3101000456128", "BENH VIEN DA KHOA BEN THANH"),
    "48B03": ("970415", "107004561239", "PHONG KHAM DA KHOA AN TAM"),
    "79B04": ("970407", "19034561230017", "PHONG KHAM NHI HOA SEN"),
    "46C05": ("970405", "4000205456123", "TRAM Y TE PHUONG PHU XUAN"),
    "92A06": ("970422", "0801104561236", "BENH VIEN DA KHOA KHU VUC CAI RANG"),
}


@dataclass(frozen=True)
class Entered:
    """One account as a facility would enter it."""

    id: UUID
    facility: str  # its code
    gateway: str
    merchant: str
    credentials: dict[str, str]


def accounts() -> list[Entered]:
    """Return every account of the demo, in the order in which payers see them."""
    return [one for rank, code in enumerate(PAYEES) for one in _of(code, rank)]


def _of(code: str, rank: int) -> list[Entered]:
    bank, number, holder = PAYEES[code]
    terminal, partner, app = f"LH0{code}", f"MOMOLH{code}", str(9001 + rank)
    account = {"bank": bank, "account": number, "holder": holder, "secret": f"thu-{number}"}
    wallet = {"access_key": f"thu-access-{partner}", "secret_key": f"thu-secret-{partner}"}
    card = {"secret_key": f"sk_test_lanh{code}", "webhook_secret": f"whsec_lanh{code}"}
    return [
        _entered(code, "vietqr", f"{bank}/{number}", account),
        _entered(code, "vnpay", terminal, {"hash_secret": f"thu-{terminal}"}),
        _entered(code, "momo", partner, wallet),
        _entered(code, "zalopay", app, {"key1": f"thu-key1-{app}", "key2": f"thu-key2-{app}"}),
        _entered(code, "stripe", f"acct_lanh{code}", card),
    ]


def _entered(code: str, gateway: str, merchant: str, credentials: dict[str, str]) -> Entered:
    return Entered(uuid5(NAMESPACE_URL, f"lanh:demo:{gateway}:{code}"), code, gateway, merchant, credentials)
