"""The operator changes what is offered: search and booking follow, whichever page it was done on."""

from __future__ import annotations

import pytest
import time_machine

from audit.models import Line
from booking import days, queries
from booking.models import PractitionerDay
from core.errors import NotAllowed
from identity import actions as identity_actions
from identity.models import User, VisitType
from tests import make
from tests.booking import stage
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def schedule(ben, hospital, visit_type):
    return stage.make_schedule(practitioner=ben, facility=hospital)


@pytest.fixture
def operator(now):
    with time_machine.travel(now, tick=False):
        yield make.page_client(User.objects.create_superuser("op@example.vn", "mua-thu-ha-noi-2031", name="Operator"))


def put(operator, row, **changes):
    """Open a row's page, change something, save it: as the form says what there is."""
    address = f"/admin/identity/{row._meta.model_name}/{row.pk}/change/"
    form = operator.get(address).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    if isinstance(values.get("modes"), list):
        values["modes"] = ",".join(values["modes"])
    values = {name: value for name, value in {**values, **changes}.items() if value not in (None, False)}
    answer = operator.post(address, values)
    assert answer.status_code == 302, answer.context["errors"]
    run_jobs()


def free(schedule):
    return PractitionerDay.objects.get(schedule=schedule, day=make.TOMORROW).n_free


def test_longer_visits_leave_fewer_starts(operator, schedule, visit_type, now):
    assert free(schedule) == 27  # every twenty minutes from 08:00 to 16:40

    put(operator, visit_type, minutes=60)

    assert free(schedule) == 25  # the last one begins at 16:00
    assert days.check(now=now) == []
    assert Line.objects.get(action="identity.visit_type").detail == {"minutes": 60}


def test_a_kind_that_is_no_longer_offered_is_not_found(operator, schedule, visit_type, now):
    put(operator, visit_type, active=False)

    assert free(schedule) == 0
    assert queries.first_free(now=now) == []
    assert days.check(now=now) == []


def test_search_follows_the_ways_a_kind_is_held_in(operator, schedule, visit_type, now):
    put(operator, visit_type, modes="in_person")

    assert queries.first_free(now=now, mode="video") == []
    assert len(queries.first_free(now=now, mode="in_person")) == 1


def test_a_kind_added_on_the_page_can_be_found(operator, schedule, visit_type, hospital, now):
    VisitType.objects.all().delete()
    days.rebuild([schedule.pk], now=now)
    values = {
        "facility": hospital.pk,
        "name_vi": "Khám",
        "name_en": "Visit",
        "minutes": 30,
        "price_amount": 0,
        "price_currency": "VND",
        "modes": "video",
        "mode_prices": "{}",
        "active": "on",
    }

    assert operator.post("/admin/identity/visittype/add/", values).status_code == 302
    run_jobs()

    assert free(schedule) == 26  # 08:00 to 16:20, and 16:30 is not on the grid of twenty minutes
    assert days.check(now=now) == []


def test_a_place_that_is_closed_offers_nothing(operator, schedule, hospital, now):
    put(operator, hospital, active=False)

    assert free(schedule) == 0
    assert days.check(now=now) == []


def test_a_licence_that_ends_ends_the_offer(operator, schedule, ben, now):
    put(operator, ben, licence_valid_to=make.NOW.date().isoformat())

    assert free(schedule) == 0
    assert days.check(now=now) == []


def test_what_is_reckoned_from_is_closed_and_never_deleted(operator, visit_type, hospital, ben):
    for row in (visit_type, hospital, ben):
        address = f"/admin/identity/{row._meta.model_name}/{row.pk}/delete/"
        assert operator.post(address, {"post": "yes"}).status_code == 403
        assert type(row)._default_manager.filter(pk=row.pk).exists()


def test_a_kind_stays_at_its_place(operator, schedule, visit_type, hospital):
    other = make.make_facility(kind="clinic", name="Phòng khám Hoa Sen")

    put(operator, visit_type, facility=other.pk)

    visit_type.refresh_from_db()
    assert visit_type.facility_id == hospital.pk


def test_a_name_or_a_price_changes_no_day(operator, schedule, visit_type):
    versions = list(PractitionerDay.objects.order_by("pk").values_list("version", flat=True))

    put(operator, visit_type, name_vi="Khám lại", price_amount=90_000)

    assert list(PractitionerDay.objects.order_by("pk").values_list("version", flat=True)) == versions


@pytest.mark.parametrize("who", ["ana", "ben", "dan"])
def test_only_the_operator_may(request, who, visit_type, now):
    visit_type.minutes = 60

    with pytest.raises(NotAllowed):
        identity_actions.put_visit_type(visit_type=visit_type, by=make.actor_for(request.getfixturevalue(who)), now=now)

    visit_type.refresh_from_db()
    assert visit_type.minutes == 20
