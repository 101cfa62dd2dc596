"""The big hospital's own system: let in, told of visits until its house moved, with two messages that nobody took in."""

from __future__ import annotations

from datetime import datetime, timedelta

import booking.actions
import identity.actions
from booking.models import Appointment, HookDelivery, HookEndpoint
from core.actor import Actor
from core.refs import ref
from identity.models import ApiClient, Facility, Membership

URL = "https://his.bv-songhong.example/lanh/su-kien"


def connect_a_system(now: datetime) -> None:
    """Make the keys and the web hook at the first desk there is. The hook is paused: a demo sends nothing anywhere."""
    desk = Membership.objects.filter(role="desk", user__isnull=False).order_by("created_at", "pk").first()
    if desk is None or desk.facility is None:
        return
    by = Actor("desk", user_id=desk.user_id, facility_id=desk.facility_id, name=str(desk.user))
    made = now - timedelta(days=40)
    client, _secret = identity.actions.make_client(name="HIS MediSông Hồng", scopes=ApiClient.SCOPES, by=by, now=made)
    ApiClient.objects.filter(pk=client.pk).update(last_used_at=now - timedelta(minutes=7))
    endpoint, _secret = booking.actions.add_hook(url=URL, events=[], by=by, now=made)
    endpoint.active, endpoint.heard_at = False, now - timedelta(days=3)
    endpoint.save(update_fields=["active", "heard_at"])
    _tell(endpoint.facility, endpoint, now)


def _tell(facility: Facility, endpoint: HookEndpoint, now: datetime) -> None:
    recent = Appointment.objects.filter(facility=facility, booked_at__lt=now - timedelta(days=2)).order_by("-booked_at")
    for number, one in enumerate(recent[:8]):
        failed = number < 2
        at = now - timedelta(days=2 if failed else 3, hours=number)
        HookDelivery.objects.create(
            endpoint=endpoint,
            event="appointment.booked",
            subject=str(ref(one)),
            body={"event": "appointment.booked", "data": {"appointment": {"id": str(one.pk)}}},
            key=f"appointment.booked:{one.pk}",
            status="failed" if failed else "done",
            tries=96 if failed else 1,
            answer="no_answer" if failed else "200",
            created_at=at,
            since=at,
            done_at=None if failed else at,
            failed_at=at + timedelta(days=1) if failed else None,
        )
