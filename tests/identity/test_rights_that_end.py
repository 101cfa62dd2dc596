"""Acting for somebody ends when it ends: to the hour, for messages too, and never reaches who a grown person is."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import time_machine

from core.errors import NotAllowed, NotFound
from identity import access, actions, queries
from identity.errors import TooManyPeople
from identity.models import Delegation, Person
from tests import make

pytestmark = pytest.mark.django_db
# 18 on 26 March 2031: midnight in Vietnam is 17:00 UTC of the day before.
BORN = date(2013, 3, 26)
A_MINUTE_BEFORE = datetime(2031, 3, 25, 16, 59, tzinfo=UTC)
COME_OF_AGE = datetime(2031, 3, 25, 17, 0, tzinfo=UTC)


@pytest.fixture
def teen(ana: Person, now: datetime) -> Person:
    """Ana's daughter on the day before her eighteenth birthday."""
    return actions.add_child(full_name="Nguyễn Gia Hân", born_on=BORN, sex="female", by=make.actor_for(ana), now=now)


def test_a_parent_acts_until_midnight_of_the_birthday_and_not_an_hour_longer(ana, by_ana, teen):
    with time_machine.travel(A_MINUTE_BEFORE, tick=False):
        assert access.get_person(by_ana, teen.id, "read") == teen
    with time_machine.travel(COME_OF_AGE, tick=False):
        with pytest.raises(NotFound):
            access.get_person(by_ana, teen.id, "read")
        assert make.api_client(ana).get(f"/api/v1/me/people/{teen.id}").status_code == 404


def test_who_may_no_longer_read_gets_no_messages_either(ana, teen):
    with time_machine.travel(A_MINUTE_BEFORE, tick=False):
        assert queries.contacts_of(teen.id) == [ana.user]
    with time_machine.travel(COME_OF_AGE, tick=False):
        assert queries.contacts_of(teen.id) == []


def test_a_delegate_cannot_say_who_a_grown_person_is(ana, eve, by_ana, by_eve, now):
    Delegation.objects.create(grantor=ana, delegate=eve, relation="child", scopes=list(Delegation.SCOPES))
    with pytest.raises(NotAllowed):
        actions.change_person(person_id=ana.id, changes={"full_name": "Kẻ Mạo Danh"}, by=by_eve, now=now)
    ana.refresh_from_db()
    assert ana.full_name == "Nguyễn Thị Ánh Ngọc"
    assert actions.change_person(person_id=ana.id, changes={"address": "1 Hàng Bài"}, by=by_ana, now=now).address


def test_one_account_cannot_gather_people_without_end(ana, by_ana, now, monkeypatch):
    monkeypatch.setattr("identity.actions.people.MOST_PEOPLE", 2)
    for number in range(2):
        actions.add_child(full_name=f"Bé {number}", born_on=date(2028, 1, 1), sex="male", by=by_ana, now=now)
    before = Person.objects.count()
    with pytest.raises(TooManyPeople):
        actions.add_child(full_name="Bé nữa", born_on=date(2028, 1, 1), sex="male", by=by_ana, now=now)
    assert Person.objects.count() == before
