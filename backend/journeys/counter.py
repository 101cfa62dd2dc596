"""Phones without the app, and reminders with it: codes by SMS, and the time of a dose."""

from __future__ import annotations

from uuid import UUID

import notifications.actions
import prescriptions.actions
import prescriptions.queries
from core.actor import Actor
from core.edge import now as this_instant
from core.events import on
from core.refs import Ref
from identity.queries import contacts_of
from prescriptions.errors import NoPhone
from prescriptions.events import CodesAsked, CounterCodeAsked, DoseDue, PrescriptionSigned

STORY = Actor.system("counter")


@on(PrescriptionSigned)
def send_the_codes_to_who_has_no_app(event: PrescriptionSigned) -> None:
    """Signed for somebody whom no account hears about: both codes go to the phone they gave, if they gave one."""
    if contacts_of(UUID(event.person_id)):
        return
    try:
        prescriptions.actions.send_codes(prescription_id=UUID(event.prescription_id), by=STORY, now=this_instant())
    except NoPhone:
        return


@on(CodesAsked)
def send_the_codes(event: CodesAsked) -> None:
    """Asked for: both codes by SMS. No medicine, no illness; its words are dropped once they have left."""
    facts = prescriptions.queries.code_message_facts(UUID(event.message_id))
    if facts is None or not facts.phone:
        return
    _sms("prescription_codes", facts, event.message_id)


@on(CounterCodeAsked)
def send_the_counter_code(event: CounterCodeAsked) -> None:
    """Somebody stands at a counter without app or paper: their one-time code, with the name of the pharmacy that asks."""
    facts = prescriptions.queries.counter_code_facts(UUID(event.code_id))
    if facts is None or not facts.phone:
        return
    _sms("counter_code", facts, event.code_id)


def _sms(kind: str, facts: prescriptions.queries.SmsFacts, key: str) -> None:
    notifications.actions.send_to_address(
        kind=kind,
        carrier="sms",
        to=facts.phone,
        params=facts.values,
        key=key,
        language=facts.language,
        by=STORY,
        now=this_instant(),
    )


@on(DoseDue)
def remind_of_the_dose(event: DoseDue) -> None:
    """It is time: the reader who asked for it hears it once. What to take stands on the page, not on the lock screen."""
    notifications.actions.send(
        kind="dose_reminder",
        to_user_id=UUID(event.user_id),
        as_citizen=True,
        params={"slot": event.slot},
        key=f"dose_reminder:{event.prescription_id}:{event.on}:{event.slot}",
        about=Ref("prescription", UUID(event.prescription_id)),
        by=STORY,
        now=this_instant(),
    )
