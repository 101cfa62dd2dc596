"""Who may only read for somebody, or no longer may at all, books, moves and gives up nothing for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

import booking.actions
from booking.models import Block
from core.edge import now as this_instant
from identity.models import Delegation
from tests import make
from tests.contract.doors import everything
from tests.jobs import run_jobs
from tests.journeys.stage import Story, ok

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def doors(story: Story) -> list[tuple[str, str, dict[str, Any]]]:
    """Ana's visit, her place on the waiting list, her block, her payment: and all that may be done with them."""
    start = make.at(make.TOMORROW + DAY, "09:00")
    story.hold(start.isoformat())
    story.pay()
    visit = story.ids["appointment"]
    hers = make.actor_for(story.ana)
    entry = booking.actions.join_waiting_list(
        person_id=story.ana.id, visit_type_id=story.visit_type.id, mode="in_person", instead_of_id=visit,
        first_day=make.TOMORROW - DAY, last_day=make.TOMORROW - DAY, by=hers, now=this_instant(),
    )  # fmt: skip
    run_jobs()
    block = Block.objects.create(
        person=story.ana, facility=story.hospital, until=this_instant() + DAY, created_at=this_instant()
    )
    person, time = str(story.ana.id), {"schedule": str(story.schedule.id), "starts_at": (start + DAY).isoformat()}
    kind = {"visit_type": str(story.visit_type.id), "mode": "in_person", "person": person}
    days = {"first_day": make.TOMORROW.isoformat(), "last_day": (make.TOMORROW + DAY).isoformat()}
    return [
        ("post", "appointments", {**time, **kind}),
        ("post", "appointments", {**time, **kind, "mode": "video"}),
        ("post", "appointments", {**time, **kind, "mode": "video", "condition": "J00"}),
        ("post", "appointment-series", {**time, **kind, "count": 3}),
        ("post", f"appointments/{visit}/reschedule", {"schedule": time["schedule"], "starts_at": time["starts_at"]}),
        ("post", f"appointments/{visit}/cancel", {}),
        ("post", f"appointments/{visit}/check-in", {}),
        ("post", f"appointments/{visit}/confirm", {}),
        ("post", "waiting-list", {**kind, **days}),
        ("post", "waiting-list", {**days, "visit_type": kind["visit_type"], "mode": "in_person", "instead_of": visit}),
        ("delete", f"waiting-list/{entry.pk}", {}),
        ("post", f"booking-blocks/{block.pk}/appeal", {"words": "x"}),
        ("post", "urgent-asks", {"person": person, "reason": "Ho", "condition": "J00"}),
        ("post", "remote-wishes", {"person": person, "practitioner": str(story.ben.id), "words": "Ho"}),
        ("post", "payments", {"subject": f"appointment:{visit}"}),
    ]


@pytest.mark.parametrize(
    "rights",
    [
        {"scopes": ["read"]},
        {"scopes": ["read", "pay"]},
        {"scopes": ["read", "book", "pay"], "revoked_at": make.NOW - DAY},
        {"scopes": ["read", "book", "pay"], "valid_to": (make.NOW - DAY).date()},
    ],
    ids=["reads", "pays", "revoked", "ended"],
)
def test_without_the_right_to_book_nothing_moves(story: Story, doors, eve, rights):
    Delegation.objects.create(grantor=story.ana, delegate=eve, relation="parent", **rights)
    api, before, wrong = make.api_client(eve), everything(), []
    for method, path, body in doors:
        if path == "payments" and "pay" in rights["scopes"] and len(rights) == 1:
            continue
        answer = getattr(api, method)(f"/api/v1/{path}", body)
        if answer.status_code != 404:
            wrong.append(f"{path} -> {answer.status_code} {answer.content[:200]!r}")
    assert not wrong, "\n".join(wrong)
    after = everything()
    assert {one for one in before if before[one] != after[one]} <= {"identity_user", "django_session"}
    assert ok(make.api_client(story.ana).post(f"/api/v1/{doors[5][1]}"))["status"] == "cancelled"
