"""A short recording in the middle of a visit: both agree, the relay's tape is written, films are made of it as always."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings

import realtime.actions
import realtime.queries
from core.actor import Actor
from realtime.media import scene
from realtime.recordings import vault
from runtime.demo.clock import as_of
from runtime.demo.jobs import run_due

SECONDS = 12
LOOKS: dict[str, Callable[[str], scene.Figure]] = {
    "practitioner": partial(scene.Figure, pitch=150, wall=(196, 214, 206), clothes=(244, 246, 246), hair=(38, 34, 34)),
    "citizen": partial(scene.Figure, pitch=250, wall=(224, 206, 180), clothes=(112, 146, 190), hair=(52, 36, 30)),
}


def record_a_while(*, room_id: UUID, citizen: Actor, doctor: Actor, began: datetime) -> None:
    """Ask, agree, go over to the relay, record some seconds, stop. Where the house records nothing, nothing happens."""
    if not (settings.RECORDING and settings.MEDIA_RELAY):
        return
    with as_of(began) as moment:
        realtime.actions.ask_to_record(room_id=room_id, by=doctor, now=moment)
    with as_of(began + timedelta(seconds=9)) as moment:
        realtime.actions.answer_recording(room_id=room_id, wish=1, yes=True, by=citizen, now=moment)
        for by in (citizen, doctor):
            realtime.actions.be_ready(room_id=room_id, epoch=1, by=by, now=moment)
        room = realtime.queries.room_now(room_id)
        order = realtime.queries.order_of(room)
        figures = [LOOKS[seat.role](seat.id) for seat in room.seats if seat.id in order.seats]
        scene.record(figures, SECONDS, order=order, vault=vault.Tapes())
    with as_of(moment + timedelta(seconds=SECONDS)) as moment:
        realtime.actions.stop_recording(room_id=room_id, by=doctor, now=moment)
    with as_of(moment + timedelta(minutes=1)) as moment:
        run_due(moment)
