"""What the desk decides about hours: buffers, seats, offsets, other hours, holidays, fees; through actions, API and pages."""

from datetime import date, time, timedelta

import pytest

from booking import actions, days, queries
from booking.errors import AppointmentsAffected, BadPolicy, ChangedMeanwhile, NotBookable, OffGrid, OffMarks, SlotTaken
from booking.models import Appointment, Closure, Policy, Rule, Schedule, Undo
from core.errors import NotAllowed, NotFound
from identity import actions as identity_actions
from identity.models import VisitType
from tests import make
from tests.booking import stage
from tests.booking.stage import SYSTEM, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
HUNG_KINGS = date(2031, 4, 1)  # the 10th of the third month by the moon, a Tuesday: seven days after the stage's today


@pytest.fixture
def desk(dan):
    return make.actor_for(dan)


def change(schedule, by, **values):
    return actions.change_schedule(schedule_id=schedule.id, **values, by=by, now=make.NOW)


def tomorrows(schedule):
    return Rule.objects.get(schedule=schedule, weekday=make.TOMORROW.weekday())


def rule_values(rule, **changes):
    names = ("weekday", "from_time", "to_time", "grid_minutes", "offset_minutes", "capacity", "room")
    kept = {name: getattr(rule, name) for name in names}
    return {**kept, "valid_from": None, "valid_to": None, "visit_type_ids": [], **changes}


def change_rule(schedule, by, **changes):
    rule = tomorrows(schedule)
    return actions.change_rule(
        schedule_id=schedule.id, rule_id=rule.id, **rule_values(rule, **changes), by=by, now=make.NOW
    )


def free(schedule, visit_type, day=make.TOMORROW):
    found = queries.slots_of(schedule.practitioner_id, visit_type.id, day, day, make.NOW)
    return [one.starts_at for one in found]


def kept(appointment):
    appointment.refresh_from_db()
    return appointment.blocked.lower, appointment.blocked.upper


def true(schedule):
    assert days.check([schedule], now=make.NOW) == []


# ---- buffers


def test_buffers_keep_neighbours_away(schedule, visit_type, ana, desk):
    change(schedule, desk, buffer_before_minutes=5, buffer_after_minutes=10)
    first = stage.book(schedule, visit_type, ana, at("09:00"))

    assert kept(first) == (at("08:55"), at("09:30"))
    times = free(schedule, visit_type)
    assert at("08:20") in times and at("08:40") not in times  # 08:40 to 09:00, and ten minutes more
    assert at("09:20") not in times and at("09:40") in times  # five minutes before 09:40 nothing is kept
    with pytest.raises(SlotTaken):
        stage.hold(schedule, visit_type, make.make_person(), at("09:20"))
    true(schedule)


def test_new_buffers_hold_for_agreed_visits_where_there_is_room(schedule, visit_type, desk):
    alone = stage.book(schedule, visit_type, make.make_person(), at("09:00"))
    first, second = (stage.book(schedule, visit_type, make.make_person(), at(clock)) for clock in ("11:00", "11:20"))

    with pytest.raises(AppointmentsAffected) as refused:
        change(schedule, desk, buffer_after_minutes=10)
    assert refused.value.appointment_ids == [str(first.id)]
    schedule.refresh_from_db()
    assert schedule.buffer_after_minutes == 0
    assert kept(alone) == (at("09:00"), at("09:20"))

    change(schedule, desk, buffer_after_minutes=10, keep_agreed=True)
    assert kept(alone) == (at("09:00"), at("09:30"))
    assert kept(first) == (at("11:00"), at("11:20"))
    assert kept(second) == (at("11:20"), at("11:50"))
    assert at("09:20") not in free(schedule, visit_type)
    true(schedule)

    change(schedule, desk, buffer_after_minutes=15)  # the one without room is known already
    assert kept(alone) == (at("09:00"), at("09:35"))
    change(schedule, desk, buffer_after_minutes=0)
    assert kept(alone) == (at("09:00"), at("09:20"))
    assert at("09:20") in free(schedule, visit_type)
    true(schedule)


def test_new_buffers_taken_back_are_taken_back_from_agreed_visits_too(schedule, visit_type, desk):
    visit = stage.book(schedule, visit_type, make.make_person(), at("09:00"))
    change(schedule, desk, buffer_after_minutes=60)
    assert at("09:20") not in free(schedule, visit_type)

    row = Undo.objects.get()
    actions.undo(undo_id=row.pk, by=desk, now=make.NOW)

    assert kept(visit) == (at("09:00"), at("09:20"))
    assert at("09:20") in free(schedule, visit_type)
    true(schedule)


def test_buffers_somebody_has_booked_into_are_not_taken_back(schedule, visit_type, desk):
    change(schedule, desk, buffer_after_minutes=20)
    visit = stage.book(schedule, visit_type, make.make_person(), at("09:00"))
    change(schedule, desk, buffer_after_minutes=0)
    stage.book(schedule, visit_type, make.make_person(), at("09:20"))

    row = Undo.objects.order_by("expires_at", "pk").last()
    with pytest.raises(ChangedMeanwhile):
        actions.undo(undo_id=row.pk, by=desk, now=make.NOW)

    schedule.refresh_from_db()
    assert (schedule.buffer_after_minutes, kept(visit)) == (0, (at("09:00"), at("09:20")))
    true(schedule)


# ---- seats


def test_people_share_a_time_until_the_seats_are_taken(schedule, visit_type, desk):
    change_rule(schedule, desk, capacity=2, room="P.301")
    first = stage.book(schedule, visit_type, make.make_person(), at("09:00"))
    assert at("09:00") in free(schedule, visit_type)
    second = stage.book(schedule, visit_type, make.make_person(), at("09:00"))

    assert first.session == second.session
    assert {first.seat, second.seat} == {0, 1}
    assert {first.room, second.room} == {"P.301"}
    assert at("09:00") not in free(schedule, visit_type)
    with pytest.raises(SlotTaken):
        stage.hold(schedule, visit_type, make.make_person(), at("09:00"))
    true(schedule)

    with pytest.raises(AppointmentsAffected) as refused:
        change_rule(schedule, desk, capacity=1)
    assert refused.value.appointment_ids == [str(second.id)]
    assert tomorrows(schedule).capacity == 2
    change_rule(schedule, desk, capacity=1, keep_agreed=True)
    assert Appointment.objects.filter(status="booked").count() == 2


def test_a_shared_time_says_how_many_seats_are_left(schedule, visit_type, desk, client, clock):
    address = f"/api/v1/slots?practitioner={schedule.practitioner_id}&visit_type={visit_type.id}"
    assert {one["seats_left"] for one in client.get(address).json()["results"]} == {None}
    change_rule(schedule, desk, capacity=3)
    before = client.get(address)

    stage.book(schedule, visit_type, make.make_person(), at("09:00"))
    stage.book(schedule, visit_type, make.make_person(), at("09:00"))
    after = client.get(address, headers={"If-None-Match": before["ETag"]})

    def seats(answer):
        return {one["starts_at"][:16]: one["seats_left"] for one in answer.json()["results"]}

    nine = at("09:00").strftime("%Y-%m-%dT%H:%M")
    assert after.status_code == 200
    assert (seats(before)[nine], seats(after)[nine]) == (3, 1)
    stage.book(schedule, visit_type, make.make_person(), at("09:00"))
    last = client.get(address, headers={"If-None-Match": after["ETag"]})
    assert nine not in seats(last)


def test_another_kind_of_visit_does_not_join(schedule, visit_type, hospital, desk):
    change_rule(schedule, desk, capacity=5)
    stage.book(schedule, visit_type, make.make_person(), at("09:00"))
    other = make.make_visit_type(facility=hospital)

    assert at("09:00") not in free(schedule, other)
    with pytest.raises(SlotTaken):
        stage.hold(schedule, other, make.make_person(), at("09:00"))
    with pytest.raises(SlotTaken):
        stage.hold(schedule, visit_type, make.make_person(), at("09:00"), mode="in_person")


# ---- grids, offsets, other hours


def test_the_first_visit_begins_after_the_offset(schedule, visit_type, ana, desk):
    change_rule(schedule, desk, offset_minutes=10)

    assert free(schedule, visit_type)[:2] == [at("08:10"), at("08:30")]
    with pytest.raises(OffGrid):
        stage.hold(schedule, visit_type, ana, at("08:20"))
    stage.hold(schedule, visit_type, ana, at("08:10"))
    true(schedule)


@pytest.mark.parametrize(
    "changes",
    [
        {"grid_minutes": 12},
        {"offset_minutes": 3},
        {"from_time": time(8, 2)},
        {"to_time": time(16, 59)},
    ],
)
def test_hours_go_in_steps_of_five_minutes(schedule, desk, changes):
    before = rule_values(tomorrows(schedule))
    with pytest.raises(OffMarks):
        change_rule(schedule, desk, **changes)
    assert rule_values(tomorrows(schedule)) == before


def test_other_hours_for_a_day_stand_in_for_the_weekly_ones(schedule, visit_type, ana, desk):
    agreed = stage.book(schedule, visit_type, ana, at("09:00"))
    values = {"starts_at": at("13:00"), "ends_at": at("14:00"), "kind": "instead", "grid_minutes": 20}

    with pytest.raises(AppointmentsAffected) as refused:
        actions.add_closure(schedule_id=schedule.id, **values, by=desk, now=make.NOW)
    assert refused.value.appointment_ids == [str(agreed.id)]
    assert not Closure.objects.exists()

    actions.add_closure(schedule_id=schedule.id, **values, keep_agreed=True, by=desk, now=make.NOW)
    assert free(schedule, visit_type) == [at("13:00"), at("13:20"), at("13:40")]
    true(schedule)
    with pytest.raises(OffMarks):
        wrong = {**values, "starts_at": at("13:02")}
        actions.add_closure(schedule_id=schedule.id, **wrong, by=desk, now=make.NOW)


# ---- holidays and the policy


def put(by, keep_agreed=False, **values):
    return actions.put_policy(values=values, keep_agreed=keep_agreed, by=by, now=make.NOW)


def test_a_house_that_never_decided_is_closed_on_holidays(visit_type, schedule, ana, desk):
    assert free(schedule, visit_type, HUNG_KINGS) == []
    with pytest.raises(NotBookable):
        stage.hold(schedule, visit_type, ana, at("09:00", HUNG_KINGS))
    true(schedule)

    put(desk, open_holidays=[HUNG_KINGS])
    assert len(free(schedule, visit_type, HUNG_KINGS)) == 27
    true(schedule)


def test_closing_on_a_holiday_names_who_comes_that_day(schedule, visit_type, ana, desk):
    put(desk, closes_on_holidays=False)
    agreed = stage.book(schedule, visit_type, ana, at("09:00", HUNG_KINGS))

    with pytest.raises(AppointmentsAffected) as refused:
        put(desk, closes_on_holidays=True)
    assert refused.value.appointment_ids == [str(agreed.id)]
    assert Policy.objects.get().closes_on_holidays is False

    put(desk, closes_on_holidays=True, keep_agreed=True)
    agreed.refresh_from_db()
    assert agreed.status == "booked"
    assert free(schedule, visit_type, HUNG_KINGS) == []
    true(schedule)


@pytest.mark.parametrize(
    "values",
    [
        {"late_fee_percent": 101},
        {"max_open_bookings": 0},
        {"offer_minutes": 1},
        {"reminder_hours": [0]},
        {"reminder_hours": [1, 2, 3, 4, 5, 6]},
        {"facility": "another"},
    ],
)
def test_refuses_decisions_that_make_no_sense(desk, values):
    with pytest.raises(BadPolicy):
        put(desk, **values)
    assert not Policy.objects.exists()


@pytest.mark.parametrize("who", ["ana", "ben", "cara"])
def test_only_the_desk_decides(request, who):
    with pytest.raises(NotAllowed):
        put(make.actor_for(request.getfixturevalue(who)), late_fee_percent=0)
    assert not Policy.objects.exists()


def test_the_policy_through_the_api(dan_api, ben_api, hospital):
    url = "/api/v1/booking-policy"
    before = dan_api.get(url).json()
    assert (before["closes_on_holidays"], before["free_cancel_hours"]) == (True, 4)
    assert {"day": "2031-04-01", "name": "Ngày Giỗ Tổ Hùng Vương", "open": False} in before["holidays"]

    body = {"open_holidays": ["2031-04-01", "2031-06-10"], "late_fee_percent": 20, "reminder_hours": [2, 48]}
    after = dan_api.put(url, body).json()
    assert (after["open_holidays"], after["late_fee_percent"]) == (["2031-04-01"], 20)  # the tenth of June is none
    assert after["reminder_hours"] == [48, 2]
    assert next(one["open"] for one in after["holidays"] if one["day"] == "2031-04-01")
    assert Policy.objects.get().facility_id == hospital.id

    assert dan_api.put(url, {"late_fee_percent": 200}).status_code == 422
    assert ben_api.get(url).status_code == 403
    assert ben_api.put(url, {"late_fee_percent": 0}).status_code == 403
    assert Policy.objects.get().late_fee_percent == 20


def test_another_house_has_its_own(dan_api, desk):
    put(desk, late_fee_percent=7)
    clinic = make.make_facility(kind="clinic", name="Phòng khám Hoa Sen")
    other = make.api_client(make.make_desk(facility=clinic))

    assert other.get("/api/v1/booking-policy").json()["late_fee_percent"] == 30
    other.put("/api/v1/booking-policy", {"late_fee_percent": 50})
    assert dan_api.get("/api/v1/booking-policy").json()["late_fee_percent"] == 7


def test_new_values_through_the_api(schedule, dan_api):
    url = f"/api/v1/schedules/{schedule.id}"
    assert dan_api.patch(url, {"buffer_after_minutes": 10}).json()["buffer_after_minutes"] == 10
    wrong = dan_api.patch(url, {"buffer_after_minutes": 7})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "off_marks")
    rule = tomorrows(schedule)
    body = {"weekday": rule.weekday, "from_time": "08:00", "to_time": "12:00", "grid_minutes": 30}
    body |= {"offset_minutes": 10, "capacity": 8, "room": "P.301"}
    answer = dan_api.put(f"{url}/rules/{rule.id}", body).json()
    assert (answer["offset_minutes"], answer["capacity"], answer["room"]) == (10, 8, "P.301")
    wrong = dan_api.put(f"{url}/rules/{rule.id}", {**body, "offset_minutes": 30})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_hours")
    exception = {"kind": "instead", "starts_at": at("13:00").isoformat(), "ends_at": at("15:00").isoformat()}
    assert dan_api.post(f"{url}/exceptions", exception).json()["kind"] == "instead"


# ---- pages


def page(answer, status=200):
    assert answer.status_code == status
    return answer.content.decode()


def test_the_desk_reads_and_changes_the_rules(schedule, visit_type, ana, dan_browser, desk):
    put(desk, open_holidays=[HUNG_KINGS])
    stage.book(schedule, visit_type, ana, at("09:00", HUNG_KINGS))
    shown = page(dan_browser.get("/hospital/policy/"))
    assert "Giỗ Tổ Hùng Vương" in shown

    form = {name: getattr(Policy.objects.get(), name) for name in actions.policies.RANGES}
    form |= {"closes_on_holidays": "on", "takes_walk_ins": "on", "late_fee_percent": 25, "reminder_hours": "72, 24"}
    asked = page(dan_browser.post("/hospital/policy/", form))
    assert ana.full_name in asked
    assert Policy.objects.get().late_fee_percent == 30

    page(dan_browser.post("/hospital/policy/", {**form, "keep_agreed": "on"}, follow=True))
    changed = Policy.objects.get()
    assert (changed.late_fee_percent, changed.reminder_hours, changed.open_holidays) == (25, [72, 24], [])
    for wrong in ({"late_fee_percent": 200}, {"reminder_hours": "soon"}, {"open_holidays": "2031-06-10"}):
        page(dan_browser.post("/hospital/policy/", {**form, **wrong}))
    assert Policy.objects.get().late_fee_percent == 25


def test_the_desk_sets_a_price_for_each_way(visit_type, dan_browser):
    url = "/hospital/visit-types/"
    assert "Khám từ xa" in page(dan_browser.get(url))
    form = {"visit_type": visit_type.id, f"{visit_type.id}-price": 180_000, f"{visit_type.id}-video": 120_000}
    page(dan_browser.post(url, form, follow=True))
    visit_type.refresh_from_db()
    assert (visit_type.price_amount, visit_type.mode_prices) == (180_000, {"video": 120_000})

    page(dan_browser.post(url, {**form, f"{visit_type.id}-price": -5}))
    stranger = make.make_visit_type(facility=make.make_facility(kind="clinic", name="Phòng khám Hoa Sen"))
    page(dan_browser.post(url, {"visit_type": stranger.id, f"{stranger.id}-price": 1}))
    assert sorted(VisitType.objects.values_list("price_amount", flat=True)) == [150_000, 180_000]


@pytest.mark.parametrize("who", ["ana_browser", "ben_browser", "cara_browser"])
def test_rules_and_prices_are_for_the_desk_only(request, who, visit_type):
    browser = request.getfixturevalue(who)
    for url in ("/hospital/policy/", "/hospital/visit-types/"):
        assert browser.get(url).status_code == 403
        assert browser.post(url, {"visit_type": visit_type.id, f"{visit_type.id}-price": 1}).status_code == 403
    visit_type.refresh_from_db()
    assert visit_type.price_amount == 150_000


def test_the_desk_sets_seats_buffers_and_other_hours(schedule, visit_type, dan_browser):
    for clock in ("11:00", "11:20"):
        stage.book(schedule, visit_type, make.make_person(), at(clock))
    url = f"/hospital/schedules/{schedule.id}/"
    settings = {"room": "P.1", "min_notice_minutes": 30, "horizon_days": 60, "buffer_after_minutes": 10, "active": "on"}
    form = {f"settings-{name}": value for name, value in settings.items()}
    assert "11:00" in page(dan_browser.post(f"{url}settings/", form))
    assert Schedule.objects.get().buffer_after_minutes == 0
    page(dan_browser.post(f"{url}settings/", {**form, "settings-keep_agreed": "on"}, follow=True))
    assert Schedule.objects.get().buffer_after_minutes == 10

    rule = tomorrows(schedule)
    hours = {"weekday": rule.weekday, "from_time": "08:00", "to_time": "17:00", "grid_minutes": 20}
    page(dan_browser.post(f"{url}hours/{rule.id}/", {**hours, "capacity": 6, "offset_minutes": 30}))
    page(dan_browser.post(f"{url}hours/{rule.id}/", {**hours, "capacity": 6, "room": "P.301"}, follow=True))
    rule.refresh_from_db()
    assert (rule.capacity, rule.room, rule.offset_minutes) == (6, "P.301", 0)
    assert "P.301" in page(dan_browser.get(url))
    assert page(dan_browser.get(f"{url}hours/{rule.id}/"))

    day = (make.TOMORROW + timedelta(days=1)).isoformat()
    other = {"kind": "instead", "first_day": day, "from_time": "13:00", "to_time": "15:00", "grid_minutes": 20}
    page(dan_browser.post(f"{url}exceptions/add/", {f"exception-{k}": v for k, v in other.items()}, follow=True))
    assert Closure.objects.get().kind == "instead"
    wrong = {**other, "last_day": (make.TOMORROW + timedelta(days=3)).isoformat()}
    page(dan_browser.post(f"{url}exceptions/add/", {f"exception-{k}": v for k, v in wrong.items()}))
    assert Closure.objects.count() == 1


def test_a_stranger_changes_no_price(visit_type):
    desk = make.make_desk(facility=make.make_facility(kind="clinic", name="Phòng khám Hoa Sen"))
    values = {"visit_type_id": visit_type.id, "price_amount": 1, "mode_prices": {}, "by": make.actor_for(desk)}
    with pytest.raises(NotFound):
        identity_actions.change_price(**values, now=make.NOW)
    visit_type.refresh_from_db()
    assert visit_type.price_amount == 150_000


def test_closing_a_schedule_takes_its_times_out_of_search(visit_type, schedule):
    assert actions.change_schedule(schedule_id=schedule.id, active=False, by=SYSTEM, now=make.NOW).active is False
    assert free(schedule, visit_type) == []
    true(schedule)
