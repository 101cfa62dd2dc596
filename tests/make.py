"""Plain functions that set a stage: each makes one thing with believable defaults; name only what the test is about.

Domain things are made by their real actions, so a stage is never in a state the app could not reach.
"""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.test import Client

from core.actor import Actor
from identity import acting
from identity.models import (
    Contract,
    Delegation,
    Facility,
    Membership,
    Person,
    Practitioner,
    Province,
    Specialty,
    Telemedicine,
    User,
    VisitType,
)

# A Tuesday, two o'clock in the afternoon in Vietnam: clinics are open, the day is neither young nor over.
NOW = datetime(2031, 3, 25, 7, 0, tzinfo=UTC)
LONG_AGO = date(2020, 1, 1)

_numbers = itertools.count(1)


def _next() -> int:
    return next(_numbers)


# ---- people and places


def make_user(*, phone: str | None = None, email: str | None = None, password: str = "", **values: Any) -> User:
    """An account; without `phone` and `email` it gets a phone of its own, confirmed."""
    if phone is None and email is None:
        phone = f"+8490{_next():07d}"
    values.setdefault("phone_verified", phone is not None)
    return User.objects.create_user(email=email, phone=phone, password=password or None, **values)


def make_person(*, full_name: str = "Nguyễn Thị An", user: User | bool | None = True, **values: Any) -> Person:
    """A citizen; with an account unless `user` is None."""
    account = make_user(name=full_name) if user is True else (user or None)
    values.setdefault("born_on", date(1990, 5, 4))
    values.setdefault("sex", "female")
    values.setdefault("address", "8 phố Huế")  # a prescription must say where somebody lives
    values.setdefault("phone", account.phone or "" if account else "")
    return Person.objects.create(full_name=full_name, user=account, **values)


def make_child(*, parent: Person, full_name: str = "Nguyễn Gia Bảo", **values: Any) -> Person:
    """A child without an account, and the parent's delegation to do everything for it."""
    values.setdefault("born_on", date(2024, 6, 1))
    child = make_person(full_name=full_name, user=None, **values)
    Delegation.objects.create(grantor=child, delegate=parent, relation="child", scopes=list(Delegation.SCOPES))
    return child


def make_specialty(code: str = "general", **values: Any) -> Specialty:
    """A specialty; the usual ones exist already through a migration."""
    names = {"name_vi": "Nội tổng quát", "name_en": "General medicine", **values}
    return Specialty.objects.get_or_create(code=code, defaults=names)[0]


def make_facility(*, kind: str = "hospital", name: str = "Bệnh viện Đa khoa Sông Hồng", **values: Any) -> Facility:
    """A place of care in Hà Nội; all but pharmacies have long published that they treat at a distance."""
    if kind != "pharmacy":
        values.setdefault("telemedicine", list(Telemedicine.values))
        values.setdefault("telemedicine_from", LONG_AGO)
        values.setdefault("telemedicine_notice", "12/CB-SYT")
    if "province" not in values and "province_id" not in values:
        values["province"] = Province.objects.get(code="01")
    values.setdefault("code", f"01{_next():03d}"[-5:])
    values.setdefault("latitude", 21.0285)
    values.setdefault("longitude", 105.8542)
    values.setdefault("commune", "Phường Hoàn Kiếm")
    values.setdefault("address", "12 phố Tràng Thi")
    values.setdefault("phone", "+842438255596")
    return Facility.objects.create(kind=kind, name=name, **values)


def make_pharmacy(*, name: str = "Nhà thuốc Bình Minh", **values: Any) -> Facility:
    """A pharmacy in Hà Nội, open every day."""
    values.setdefault(
        "opening_hours", {day: [["07:00", "21:30"]] for day in ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}
    )
    return make_facility(kind="pharmacy", name=name, **values)


def make_visit_type(*, facility: Facility, minutes: int = 20, price: int = 150_000, **values: Any) -> VisitType:
    """What can be booked at a facility: 20 minutes for 150.000 ₫, on the spot or by video."""
    values.setdefault("name_vi", "Khám từ xa")
    values.setdefault("name_en", "Video visit")
    values.setdefault("modes", ["in_person", "video"])
    made = VisitType.objects.create(facility=facility, minutes=minutes, price_amount=price, **values)
    _offer_it(facility)
    return made


def work_on_holidays(facility: Facility) -> None:
    """Let a facility work on public holidays: for tests that live on today's date."""
    from booking.models import Policy

    Policy.objects.update_or_create(facility=facility, defaults={"closes_on_holidays": False})


def _offer_it(facility: Facility) -> None:
    from booking import days
    from booking.models import Schedule

    days.rebuild(Schedule.objects.filter(facility=facility).values_list("pk", flat=True), now=NOW)


def make_staff_user(*, name: str, email: str = "", password: str = "") -> User:
    """An account of somebody who works in a facility."""
    return make_user(email=email or f"staff{_next()}@example.vn", name=name, password=password)


def make_practitioner(
    *,
    facility: Facility | None = None,
    full_name: str = "Trần Minh Bình",
    specialties: list[str] | None = None,
    **values: Any,
) -> Practitioner:
    """A licensed doctor with an account and the doctor's role at a facility."""
    user = values.pop("user", None) or make_staff_user(name=full_name)
    number = _next()
    values.setdefault("title", "BS.CKI")
    values.setdefault("sex", "male")
    values.setdefault("licence_number", f"{number:06d}/HNO-GPHN")
    values.setdefault("licence_valid_from", LONG_AGO)
    values.setdefault("photo_seed", f"seed{number}")
    values.setdefault("languages", ["vi"])
    practitioner = Practitioner.objects.create(user=user, full_name=full_name, **values)
    practitioner.specialties.set([make_specialty(code) for code in specialties or ["general"]])
    if facility is not None:
        make_membership(user=user, facility=facility, role="practitioner", practitioner=practitioner)
    return practitioner


def make_membership(*, user: User, facility: Facility | None, role: str, **values: Any) -> Membership:
    """A role at a facility, held since long ago."""
    values.setdefault("active_from", LONG_AGO)
    return Membership.objects.create(user=user, facility=facility, role=role, **values)


def make_pharmacist(*, pharmacy: Facility, full_name: str = "Lê Thu Cúc") -> Membership:
    """Somebody behind the counter of a pharmacy."""
    return make_membership(user=make_staff_user(name=full_name), facility=pharmacy, role="pharmacist")


def make_station(*, name: str = "Trạm Y tế xã Đồng Tâm", **values: Any) -> Facility:
    """A commune's health station."""
    return make_facility(kind="station", name=name, **values)


def make_contract(*, facility: Facility, station: Facility, **values: Any) -> Contract:
    """What a hospital and a station agreed on for visits with the patient at the station; free for the citizen."""
    values.setdefault("number", f"{_next()}/HĐ-KCBTX")
    values.setdefault("forms", ["via_receiving_facility", "inter_facility_support"])
    values.setdefault("valid_from", LONG_AGO)
    return Contract.objects.create(facility=facility, partner=station, **values)


def make_nurse(*, station: Facility, full_name: str = "Lò Thị Mai", **values: Any) -> Membership:
    """A licensed nurse of a health station, with an account."""
    user = make_staff_user(name=full_name)
    nurse = Practitioner.objects.create(
        user=user,
        full_name=full_name,
        title="ĐD",
        profession=values.pop("profession", "nurse"),
        licence_number=f"{_next():06d}/HNO-GPHN",
        licence_valid_from=LONG_AGO,
        **values,
    )
    return make_membership(user=user, facility=station, role="nurse", practitioner=nurse)


def make_desk(*, facility: Facility, full_name: str = "Phạm Quốc Dân") -> Membership:
    """Somebody at the hospital's desk."""
    return make_membership(user=make_staff_user(name=full_name), facility=facility, role="desk")


# ---- who acts, and the doors they use


def actor_for(subject: User | Person | Practitioner | Membership) -> Actor:
    """The Actor of a person, a practitioner or a membership, as the real door would find it."""
    if isinstance(subject, Membership):
        return acting.as_member(subject)
    if isinstance(subject, Practitioner):
        return acting.as_member(subject.memberships.select_related("practitioner", "user").order_by("created_at")[0])
    if isinstance(subject, Person):
        if subject.user is None:
            raise ValueError(f"{subject} has no account")
        return acting.as_citizen(subject.user)
    return acting.as_citizen(subject)


def _user_of(subject: User | Person | Practitioner | Membership) -> User:
    user = subject if isinstance(subject, User) else subject.user
    if user is None:
        raise ValueError(f"{subject} has no account")
    return user


def _sign_in(client: Client, user: User, *, second_factor: bool) -> SessionBase:
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    session = client.session
    if second_factor:
        session["account_authentication_methods"] = [
            {"method": "password", "at": 0},
            {"method": "mfa", "at": 0, "type": "totp"},
        ]
    session.save()
    return session


def page_client(subject: User | Person | Practitioner | Membership, *, second_factor: bool = True) -> Client:
    """A browser signed in as somebody, the second step passed."""
    client = Client()
    _sign_in(client, _user_of(subject), second_factor=second_factor)
    return client


class ApiClient(Client):
    """A test client that speaks JSON: `api.post("/api/v1/…", {...})`, `response.json()`. Signs requests with a token."""

    def generic(self, method: str, path: str, data: Any = "", content_type: str = "", **extra: Any) -> Any:  # type: ignore[override]
        return super().generic(method, path, data, content_type or "application/json", **extra)

    def post(self, path: str, data: Any = None, content_type: str = "application/json", **extra: Any) -> Any:  # type: ignore[override]
        return super().post(path, {} if data is None else data, content_type=content_type, **extra)

    def patch(self, path: str, data: Any = "", content_type: str = "application/json", **extra: Any) -> Any:  # type: ignore[override]
        return super().patch(path, data, content_type=content_type, **extra)

    def put(self, path: str, data: Any = "", content_type: str = "application/json", **extra: Any) -> Any:  # type: ignore[override]
        return super().put(path, data, content_type=content_type, **extra)

    def delete(self, path: str, data: Any = "", content_type: str = "application/json", **extra: Any) -> Any:  # type: ignore[override]
        return super().delete(path, data, content_type=content_type, **extra)


def api_client(
    subject: User | Person | Practitioner | Membership | None = None, *, second_factor: bool = True
) -> ApiClient:
    """An app signed in as somebody with a real access token (nobody: no token)."""
    from allauth.headless.tokens.strategies.jwt import internal as jwt

    client = ApiClient()
    if subject is None:
        return client
    user = _user_of(subject)
    session = _sign_in(client, user, second_factor=second_factor)
    token = jwt.create_access_token(user, session, {})
    client.cookies.clear()  # the token alone must do
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    if isinstance(subject, Membership):
        client.defaults["HTTP_LANH_ACTING_AS"] = str(subject.id)
    return client


def at(day: date | datetime = NOW, clock: str = "09:00", zone: str = "Asia/Ho_Chi_Minh") -> datetime:
    """The instant of a wall-clock time in a clinic's zone."""
    from zoneinfo import ZoneInfo

    if isinstance(day, datetime):
        day = day.astimezone(ZoneInfo(zone)).date()
    return datetime.combine(day, time.fromisoformat(clock), ZoneInfo(zone)).astimezone(UTC)


TOMORROW = (NOW + timedelta(days=1)).date()
