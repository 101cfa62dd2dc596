"""The stage of a slip: a content written by hand, a signer, and the two lists a verifier keeps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from prescriptions import signing, slips

NOW = datetime(2030, 3, 25, 7, 0, tzinfo=UTC)
LICENCE = "009999/HNO-GPHN"
THUMBPRINT = "t" * 43
HOST = "https://lanh.example.vn"


def content(medicines: int = 2) -> dict[str, Any]:
    """What article 6 of the circular asks for, with so many medicines."""
    items = [
        {"id": "1", "drug": "a", "name": "Amoxicilin", "strength": "500mg", "unit": "viên nang", "dose": "1", "doses_a_day": 2,
         "days": 7, "total": 14, "instruction": "sau ăn"},
        {"id": "2", "drug": "b", "name": "Paracetamol", "brand": "Hapacol", "strength": "500mg", "unit": "viên", "dose": "1",
         "doses_a_day": 3, "days": 2, "total": 6, "instruction": ""},
    ]  # fmt: skip
    names = [
        *("Loratadin", "Omeprazol", "Metformin", "Amlodipin", "Losartan"),
        *("Atorvastatin", "Salbutamol", "Furosemid", "Bisoprolol", "Cetirizin"),
    ]
    items += [{**items[0], "name": name, "strength": f"{rank}0mg"} for rank, name in enumerate(names, start=1)]
    return {
        "code": "79999a1b2c3d-c",
        "kind": "c",
        "facility": {"code": "79999", "name": "Bệnh viện Sông Hồng", "address": "", "phone": ""},
        "prescriber": {"name": "BS. Trần Văn Bình", "licence": LICENCE},
        "patient": {"name": "Nguyễn Thị Ánh", "born_on": "1995-03-05"},
        "items": items[:medicines],
        "signed_at": NOW.isoformat(),
        "expires_at": (NOW + timedelta(days=6)).isoformat(),
    }


def signer_and_lists(*, number: int = 1, now: datetime = NOW) -> tuple[signing.BuiltInSigner, dict[str, Any]]:
    """A signer, and what a verifier knows: {certificates, revocations}."""
    _kid, public, private = signing.new_key()
    holder = {
        "x5t#S256": THUMBPRINT,
        "jwk": {name: public[name] for name in ("kty", "crv", "x", "y")},
        "prescriber": "BS. Trần Văn Bình",
        "licence": LICENCE,
        "facility": "79999",
        "facility_name": "Bệnh viện Sông Hồng",
        "from": int((now - timedelta(days=1)).timestamp()),
        "to": int((now + timedelta(days=300)).timestamp()),
        "legally_valid": False,
    }
    issued = int(now.timestamp())
    lists = {
        "certificates": {"iss": HOST, "iat": issued, "certificates": [holder]},
        "revocations": {"number": number, "iat": issued, "next_update": issued + 24 * 3600, "revoked": {}},
    }
    return signing.BuiltInSigner(private, certificate=THUMBPRINT), lists


def slip_of(signer: signing.Signer, said: dict[str, Any]) -> str:
    """The token of a content's slip."""
    return signer.tokens([slips.part(signer, said)])[0]
