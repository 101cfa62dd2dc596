# ruff: noqa: E501 - one person, one row
"""Twelve citizens, a mother with her child, a son who helps his mother; what is known of their health."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from core.actor import Actor
from identity import acting
from identity import actions as identity
from identity.models import Delegation, Person, User
from records import actions as records
from web.demo import BY_KEY


@dataclass(frozen=True)
class Citizen:
    """A citizen to be; `allergies` are (substance, INN, reaction, severity), `conditions` (ICD-10, since)."""

    key: str
    name: str
    sex: str
    born_on: str
    province: str
    commune: str
    address: str
    national_id: str
    insurance: str = ""
    allergies: tuple[tuple[str, str, str, str], ...] = ()
    conditions: tuple[tuple[str, str], ...] = ()


CITIZENS = (
    Citizen("ana", "Nguyễn Thị Minh Anh", "female", "1991-04-12", "01", "Phường Cửa Nam", "18 ngõ 35 phố Cát Linh",
            "001191004512", "DN4010123456701", (("Penicillin", "penicillin", "Nổi mề đay", "severe"),)),
    Citizen("eve", "Vũ Hoàng Yến", "female", "1996-11-02", "48", "Phường Hải Châu", "27 đường Lê Duẩn", "048196011203"),
    Citizen("hoa", "Trần Thị Hoa", "female", "1958-02-20", "01", "Phường Hoàn Kiếm", "6 phố Hàng Gai", "001158002207",
            "HT3010123456702", (("Aspirin", "acetylsalicylic acid", "Khó thở", "severe"),), (("I10", "2016-05-01"), ("E11.9", "2018-09-15"))),
    Citizen("nam", "Lê Hoài Nam", "male", "1985-07-30", "01", "Phường Đống Đa", "92 phố Tây Sơn", "001085007301", "DN4010123456703"),
    Citizen("quang", "Phạm Đăng Quang", "male", "1972-01-08", "79", "Phường Bến Thành", "41 đường Lê Thánh Tôn", "079072001084",
            "DN4790123456704", (), (("I10", "2020-03-12"),)),
    Citizen("thuy", "Đỗ Thanh Thủy", "female", "1999-06-17", "79", "Phường Tân Định", "7 hẻm 12 đường Võ Thị Sáu", "079199006175"),
    Citizen("khoa", "Hồ Đăng Khoa", "male", "1988-12-25", "48", "Phường Thanh Khê", "155 đường Điện Biên Phủ", "048088012256", "DN4480123456705",
            (("Tôm, cua", "shellfish", "Sưng môi", "moderate"),)),
    Citizen("lien", "Bùi Thị Liên", "female", "1964-09-09", "46", "Phường Phú Xuân", "12 đường Mai Thúc Loan", "046164009097",
            "BT2460123456706", (), (("M17.9", "2019-01-10"),)),
    Citizen("tai", "Nguyễn Phát Tài", "male", "1993-03-03", "92", "Phường Ninh Kiều", "88 đường Nguyễn Trãi", "092093003038"),
    Citizen("ngoc", "Trương Bảo Ngọc", "female", "2001-10-21", "92", "Phường Cái Răng", "3 đường Hàng Gòn", "092301010219", "SV4920123456707"),
    Citizen("dung", "Hoàng Mạnh Dũng", "male", "1979-05-14", "01", "Phường Ba Đình", "50 phố Đội Cấn", "001079005140", "DN4010123456708",
            (), (("J45.9", "1998-01-01"),)),
    Citizen("xuan", "Lâm Thị Xuân", "female", "1950-01-26", "79", "Xã Củ Chi", "Ấp Bàu Tre", "079150001261", "HT3790123456709",
            (), (("I10", "2010-06-01"), ("E78.5", "2015-06-01"))),
    Citizen("pao", "Giàng A Páo", "male", "1961-02-03", "08", "Xã Bản Mây", "Thôn Nà Khoang", "002061000127", "HN2080123456710",
            (), (("I10", "2018-04-01"),)),
)  # fmt: skip
CHILD = ("Lê Gia Hân", "female", 5)  # of ana, that old


def _account(citizen: Citizen, number: int, now: datetime) -> User:
    member = BY_KEY.get(citizen.key)
    phone = member.phone if member else f"+8490000{number:04d}"
    user = identity.account_for_phone(phone=phone, now=now)
    return identity.set_phone(user_id=user.id, phone=phone, verified=True)


def make_citizens(now: datetime) -> dict[str, Person]:
    """Make every citizen as sign-up would, ana's child, and the son who may act for his mother; return them by key."""
    people: dict[str, Person] = {}
    for number, citizen in enumerate(CITIZENS, start=101):
        user = _account(citizen, number, now)
        person = identity.register_person(
            full_name=citizen.name,
            born_on=date.fromisoformat(citizen.born_on),
            sex=citizen.sex,
            province=citizen.province,
            by=acting.as_citizen(user),
            now=now,
        )
        details = {
            "national_id": citizen.national_id,
            "insurance_number": citizen.insurance,
            "commune": citizen.commune,
            "address": citizen.address,
        }
        people[citizen.key] = identity.change_person(
            person_id=person.id, changes=details, by=acting.as_citizen(user), now=now
        )
    name, sex, age = CHILD
    today = now.date()
    people["child"] = identity.add_child(
        full_name=name, born_on=date(today.year - age, 3, 8), sex=sex, by=actor(people["ana"]), now=now
    )
    Delegation.objects.create(
        grantor=people["hoa"], delegate=people["nam"], relation="parent", scopes=list(Delegation.SCOPES), created_at=now
    )
    return people


def actor(person: Person) -> Actor:
    """The citizen as themselves."""
    assert person.user is not None
    return acting.as_citizen(person.user)


def tell_health(people: dict[str, Person], now: datetime) -> None:
    """Let everybody enter their allergies, long-term problems, and what they measured at home in the last weeks."""
    for citizen in CITIZENS:
        person = people[citizen.key]
        by = actor(person)
        for substance, ingredient, reaction, severity in citizen.allergies:
            records.add_allergy(
                person_id=person.id, substance=substance, ingredient=ingredient, reaction=reaction, severity=severity,
                by=by, now=now,
            )  # fmt: skip
        for code, since in citizen.conditions:
            records.add_condition(person_id=person.id, code=code, since=date.fromisoformat(since), by=by, now=now)
        if any(code == "I10" for code, _ in citizen.conditions):
            _measure_pressure(person, by, now)


def _measure_pressure(person: Person, by: Actor, now: datetime) -> None:
    dice = Random(person.full_name)
    for days in (26, 22, 18, 15, 11, 8, 5, 3, 1):
        at = now - timedelta(days=days, hours=dice.randint(0, 3))
        readings = [
            records.Reading("8480-6", Decimal(146 - (26 - days) // 2 + dice.randint(-6, 6))),
            records.Reading("8462-4", Decimal(92 - (26 - days) // 3 + dice.randint(-4, 4))),
        ]
        records.add_observations(person_id=person.id, readings=readings, at=at, by=by, now=now)
