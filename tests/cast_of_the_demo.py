"""Signing in as one of the demo's cast the way a person would: a code by SMS, or password and second step."""

from __future__ import annotations

from identity import sign_in as second_step
from tests.house import House
from tests.phone import Phone
from web.demo import BY_KEY, PASSWORD

CITIZEN, DOCTOR, PHARMACIST, DESK, STRANGER = "ana", "ben", "cara", "dan", "eve"


def sign_in(house: House, who: str) -> Phone:
    """Return an app in which this member of the cast has signed in."""
    member = BY_KEY[who]
    phone = Phone(house)
    if member.phone:
        phone.sign_in_by_code(member.phone)
    else:
        phone.sign_in_with_password(member.email, PASSWORD, lambda: second_step.current_code(member.secret))
    return phone
