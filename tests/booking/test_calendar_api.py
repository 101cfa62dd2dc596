"""The desk's calendar at its doors: a week at a glance, hours moved by hand, many changed at a stroke, taken back."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from booking import actions
from booking.models import Closure, PractitionerDay, Rule, Undo
from tests import make
from tests.booking import stage
from tests.booking.stage import SYSTEM, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
MONDAY = make.TOMORROW - timedelta(days=2)  # the fixed afternoon is a Tuesday
TUESDAY, WEDNESDAY, THURSDAY = (MONDAY + timedelta(days=n) for n in (1, 2, 3))


def rule_of(schedule, weekday=2):
    return Rule.objects.filter(schedule=schedule, weekday=weekday, valid_to=None).order_by("-created_at").first()


def week(api, schedule, first=MONDAY):
    answer = api.get(f"/api/v1/schedules/{schedule.id}/week?from={first}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def bands(answer, day, *kinds):
    return [
        (one["kind"], one["starts"], one["ends"])
        for one in answer["bands"]
        if one["day"] == str(day) and (not kinds or one["kind"] in kinds)
    ]


def move(api, schedule, rule, expect=200, **values):
    wish = {"day": str(WEDNESDAY), "to_day": str(WEDNESDAY), "from_time": "08:00", "to_time": "17:00", "once": True}
    answer = api.post(f"/api/v1/schedules/{schedule.id}/rules/{rule.id}/move", {**wish, **values})
    assert answer.status_code == expect, answer.content
    return answer.json()


def take_back(api, schedule, expect=200):
    found = week(api, schedule)["undo"]
    answer = api.post(f"/api/v1/undo/{found['id']}")
    assert answer.status_code == expect, answer.content
    return answer.json()


def hours():
    """All that says when the doctors work."""
    rules = list(Rule.objects.order_by("id").values())
    kinds = sorted(Rule.visit_types.through.objects.values_list("rule_id", "visittype_id"))
    return rules, kinds, list(Closure.objects.order_by("id").values())


# ---- a week at a glance


def test_a_week_tells_hours_visits_and_what_is_free(visit_type, schedule, ana, dan_api):
    stage.book(schedule, visit_type, ana, at("09:00"))
    actions.add_closure(schedule_id=schedule.id, starts_at=at("16:00"), ends_at=at("18:00"), by=SYSTEM, now=make.NOW)

    answer = week(dan_api, schedule)
    assert bands(answer, WEDNESDAY) == [("rule", "08:00", "17:00"), ("closed", "16:00", "18:00")]
    [visit] = answer["visits"]
    assert (visit["person"], visit["starts"], visit["ends"]) == (ana.full_name, "09:00", "09:20")
    assert (visit["off_hours"], visit["may_move"], "reason" in visit) == (False, True, False)
    wednesday = answer["days"][2]
    # 08:00 to 16:00 in steps of twenty minutes, one of them taken.
    assert (wednesday["taken"], wednesday["free"]) == (1, 8 * 3 - 1)
    assert wednesday["starts"][:4] == ["08:00", "08:20", "08:40", "09:20"]
    assert answer["days"][0]["free"] == 0  # over
    assert answer["undo"] is None


def test_a_holiday_has_its_name_and_sets_the_hours_aside(schedule, dan_api):
    answer = week(dan_api, schedule, date(2031, 4, 28))  # 30 April: the day of reunification; 1 May

    assert [bool(day["holiday"]) for day in answer["days"]] == [False, False, True, True, False, False, False]
    assert [band["aside"] for band in answer["bands"]] == [False, False, True, True, False, False, False]


def test_a_week_takes_few_statements_however_much_is_in_it(
    schedule, visit_type, dan_api, django_assert_max_num_queries
):
    week(dan_api, schedule)
    for number in range(6):
        stage.book(schedule, visit_type, make.make_person(), at("08:00") + timedelta(minutes=20 * number))
        actions.add_closure(
            schedule_id=schedule.id, starts_at=at("15:00"), ends_at=at("15:10"), by=SYSTEM, now=make.NOW
        )
    with django_assert_max_num_queries(18):
        week(dan_api, schedule)


def test_who_shares_the_room_is_shown_and_a_clash_is_named(ben, hospital, dan_api):
    mine = stage.make_schedule(
        practitioner=ben, facility=hospital, room="204", hours=("08:00", "12:00"), weekdays=range(2, 3)
    )
    colleague = make.make_practitioner(facility=hospital, full_name="Lê Thu Hà")
    theirs = stage.make_schedule(
        practitioner=colleague, facility=hospital, room="204", hours=("11:00", "15:00"), weekdays=range(2, 3)
    )

    answer = week(dan_api, mine)
    assert bands(answer, WEDNESDAY) == [("rule", "08:00", "12:00"), ("other", "11:00", "15:00")]
    [clash] = answer["clashes"]
    assert (clash["starts"], clash["ends"], clash["room"]) == ("11:00", "12:00", "204")
    assert "Lê Thu Hà" in clash["who"]

    both = dan_api.get(f"/api/v1/schedules/week?room=204&from={MONDAY}").json()
    assert {one["id"] for one in both["schedules"]} == {str(mine.id), str(theirs.id)}
    assert len(both["clashes"]) == 1
    assert dan_api.get("/api/v1/schedules/week?room=999").status_code == 404


def test_strangers_find_no_week(schedule, dan, eve):
    elsewhere = make.api_client(make.make_desk(facility=make.make_facility(kind="clinic", name="Phòng khám Hoa Sen")))
    rule = rule_of(schedule)
    before = hours()
    assert elsewhere.get(f"/api/v1/schedules/{schedule.id}/week").status_code == 404
    move(elsewhere, schedule, rule, expect=404, from_time="10:00")
    assert elsewhere.post("/api/v1/rules/bulk", {"rules": [str(rule.id)], "remove": True}).status_code == 404
    wish = {"what": "rules", "to_schedule": str(uuid4())}
    assert elsewhere.post(f"/api/v1/schedules/{schedule.id}/copy", wish).status_code == 404
    assert make.api_client(eve).get(f"/api/v1/schedules/{schedule.id}/week").status_code == 403
    assert hours() == before


# ---- moved by hand


def test_moving_once_leaves_the_weekly_hours_alone(visit_type, schedule, dan_api):
    rule = rule_of(schedule)
    move(dan_api, schedule, rule, from_time="10:00", to_time="19:00")

    answer = week(dan_api, schedule)
    assert bands(answer, WEDNESDAY) == [
        ("closed", "08:00", "10:00"),
        ("rule", "08:00", "17:00"),
        ("extra", "17:00", "19:00"),
    ]
    # Nine hours in steps of twenty minutes, as before, only later.
    assert answer["days"][2]["free"] == 7 * 3 + 2 * 3
    assert Rule.objects.filter(schedule=schedule).count() == 7


def test_moving_every_week_begins_that_day_and_keeps_what_was(schedule, visit_type, dan, clock, now):
    rule = rule_of(schedule)
    clock.move_to(now + timedelta(days=7))  # the hours have been there for a week
    dan_api = make.api_client(dan)
    day = WEDNESDAY + timedelta(days=7)
    move(
        dan_api, schedule, rule, day=str(day), to_day=str(day + timedelta(days=3)), from_time="18:00", to_time="20:00",
        once=False, grid_minutes=30, visit_types=[str(visit_type.id)],
    )  # fmt: skip

    rule.refresh_from_db()
    later = rule_of(schedule, weekday=5)
    assert rule.valid_to == day - timedelta(days=1)
    assert (later.valid_from, later.from_time.hour, later.grid_minutes) == (day, 18, 30)
    assert [kind.pk for kind in later.visit_types.all()] == [visit_type.pk]
    assert bands(week(dan_api, schedule), WEDNESDAY) == [("rule", "08:00", "17:00")]
    next_week = week(dan_api, schedule, MONDAY + timedelta(days=7))
    assert bands(next_week, day) == []
    assert bands(next_week, day + timedelta(days=3)) == [("rule", "08:00", "17:00"), ("rule", "18:00", "20:00")]


def test_a_move_onto_other_hours_is_refused_and_names_them(schedule, dan_api):
    rule, thursday = rule_of(schedule), rule_of(schedule, weekday=3)
    before = hours()
    problem = move(dan_api, schedule, rule, expect=409, to_day=str(THURSDAY), once=False)

    assert problem["code"] == "rule_overlaps"
    assert set(problem["errors"]["rules"]) == {str(rule.id), str(thursday.id)}
    assert hours() == before


def test_a_move_away_from_agreed_visits_names_the_people(schedule, visit_type, ana, dan_api):
    booked = stage.book(schedule, visit_type, ana, at("09:00"))
    rule = rule_of(schedule)
    before = hours()
    for once in (True, False):
        problem = move(dan_api, schedule, rule, expect=409, from_time="10:00", once=once)
        assert problem["code"] == "appointments_affected"
        assert hours() == before
    named = ",".join(problem["errors"]["appointments"])
    [one] = dan_api.get(f"/api/v1/schedules/{schedule.id}/affected?appointments={named}").json()["results"]
    assert (one["id"], one["person"], one["phone"]) == (str(booked.id), ana.full_name, ana.phone)

    move(dan_api, schedule, rule, from_time="10:00", keep_agreed=True)
    assert [visit["off_hours"] for visit in week(dan_api, schedule)["visits"]] == [True]


def test_an_exception_moves_too(schedule, dan_api):
    made = actions.add_closure(
        schedule_id=schedule.id, starts_at=at("09:00"), ends_at=at("10:00"), by=SYSTEM, now=make.NOW
    )
    wish = {"starts_at": at("14:00").isoformat(), "ends_at": at("16:00").isoformat()}
    answer = dan_api.post(f"/api/v1/schedules/{schedule.id}/exceptions/{made.id}/move", wish)
    assert answer.status_code == 200
    assert bands(week(dan_api, schedule), WEDNESDAY, "closed") == [("closed", "14:00", "16:00")]

    Closure.objects.update(source="leave")
    before = hours()
    assert dan_api.post(f"/api/v1/schedules/{schedule.id}/exceptions/{made.id}/move", wish).status_code == 409
    assert hours() == before


# ---- many at a stroke


def test_many_weekly_hours_change_together_or_not_at_all(schedule, visit_type, dan_api):
    rules = [rule_of(schedule, weekday) for weekday in (0, 2, 4)]
    wish = {"rules": [str(one.id) for one in rules], "from_time": "07:00", "to_time": "11:00", "grid_minutes": 10}
    answer = dan_api.post("/api/v1/rules/bulk", {**wish, "visit_types": [str(visit_type.id)]})
    assert answer.json() == {"changed": 3}
    found = Rule.objects.filter(schedule=schedule, from_time="07:00", to_time="11:00", grid_minutes=10)
    assert found.filter(visit_types=visit_type).count() == 3

    before = hours()
    for bad, status in (
        ({"to_time": "06:00"}, 422),
        ({"rules": [str(rules[0].id), str(uuid4())]}, 404),
        ({"visit_types": [str(uuid4())]}, 404),
        ({"rules": []}, 422),
        ({"grid_minutes": 3}, 422),
    ):
        assert dan_api.post("/api/v1/rules/bulk", {**wish, **bad}).status_code == status, bad
    assert hours() == before

    assert dan_api.post("/api/v1/rules/bulk", {"rules": wish["rules"], "remove": True}).status_code == 200
    assert Rule.objects.filter(schedule=schedule).count() == 4
    take_back(dan_api, schedule)
    assert hours() == before


def test_hours_are_copied_to_a_colleague(schedule, hospital, dan_api):
    colleague = make.make_practitioner(facility=hospital, full_name="Lê Thu Hà")
    theirs = stage.make_schedule(practitioner=colleague, facility=hospital, hours=("07:00", "09:00"), weekdays=range(3))
    wish = {"what": "rules", "to_schedule": str(theirs.id)}
    before = hours()
    answer = dan_api.post(f"/api/v1/schedules/{schedule.id}/copy", wish)
    assert (answer.status_code, answer.json()["code"]) == (409, "rule_overlaps")
    assert hours() == before

    assert dan_api.post(f"/api/v1/schedules/{schedule.id}/copy", {**wish, "replace": True}).json() == {"copied": 7}
    assert bands(week(dan_api, theirs), WEDNESDAY) == [("rule", "08:00", "17:00")]
    assert bands(week(dan_api, theirs), MONDAY) == [("rule", "07:00", "09:00")]  # over: it stays as it was
    take_back(dan_api, theirs)
    assert hours() == before


def test_the_exceptions_of_a_week_are_repeated(schedule, dan_api):
    actions.add_closure(schedule_id=schedule.id, starts_at=at("12:00"), ends_at=at("13:30"), by=SYSTEM, now=make.NOW)
    wish = {"what": "week", "to_schedule": str(schedule.id), "monday": str(MONDAY)}
    path = f"/api/v1/schedules/{schedule.id}/copy"
    for bad in ({}, {"to_monday": str(TUESDAY)}, {"to_monday": str(MONDAY)}):
        assert dan_api.post(path, {**wish, **bad}).status_code == 422
    later = MONDAY + timedelta(days=14)
    assert dan_api.post(path, {**wish, "to_monday": str(later)}).json() == {"copied": 1}
    found = bands(week(dan_api, schedule, later), later + timedelta(days=2), "closed")
    assert found == [("closed", "12:00", "13:30")]


# ---- taken back


def test_a_change_is_taken_back_once(visit_type, schedule, dan_api):
    before, free = hours(), PractitionerDay.objects.get(schedule=schedule, day=WEDNESDAY).n_free
    move(dan_api, schedule, rule_of(schedule), from_time="10:00", once=False)
    assert PractitionerDay.objects.get(schedule=schedule, day=WEDNESDAY).n_free == free - 6
    first = take_back(dan_api, schedule)
    assert hours() == before
    assert PractitionerDay.objects.get(schedule=schedule, day=WEDNESDAY).n_free == free
    assert dan_api.post(f"/api/v1/undo/{first['id']}").json() == first  # asked again: nothing more happens
    assert hours() == before
    assert week(dan_api, schedule)["undo"] is None


@pytest.mark.parametrize(
    "change",
    [
        lambda schedule, rule: {"method": "delete", "path": f"rules/{rule.id}"},
        lambda schedule, rule: {
            "method": "post",
            "path": "exceptions",
            "body": {"kind": "closed", "starts_at": at("08:00").isoformat(), "ends_at": at("09:00").isoformat()},
        },
        lambda schedule, rule: {
            "method": "put",
            "path": f"rules/{rule.id}",
            "body": {"weekday": 2, "from_time": "06:00", "to_time": "07:00", "grid_minutes": 10},
        },
        lambda schedule, rule: {
            "method": "post",
            "path": "rules",
            "body": {"weekday": 2, "from_time": "18:00", "to_time": "20:00"},
        },
    ],
)
def test_whatever_the_desk_does_to_hours_can_be_taken_back(schedule, visit_type, dan_api, change):
    rule = rule_of(schedule)
    rule.visit_types.set([visit_type])
    before = hours()
    asked = change(schedule, rule)
    answer = getattr(dan_api, asked["method"])(f"/api/v1/schedules/{schedule.id}/{asked['path']}", asked.get("body"))
    assert answer.status_code in {200, 201, 204}, answer.content
    assert hours() != before
    take_back(dan_api, schedule)
    assert hours() == before


def test_ten_seconds_and_no_longer(schedule, dan_api, clock, now):
    move(dan_api, schedule, rule_of(schedule), from_time="10:00")
    found, after = week(dan_api, schedule)["undo"], hours()
    clock.move_to(now + timedelta(seconds=10))
    answer = dan_api.post(f"/api/v1/undo/{found['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "too_late_to_undo")
    assert hours() == after
    assert week(dan_api, schedule)["undo"] is None


def test_only_whoever_made_the_change_takes_it_back(schedule, hospital, dan_api, eve, ben_api):
    move(dan_api, schedule, rule_of(schedule), from_time="10:00")
    found, after = week(dan_api, schedule)["undo"], hours()
    other = make.api_client(make.make_desk(facility=hospital, full_name="Ngô Thị Lan"))
    assert week(other, schedule)["undo"] is None
    assert other.post(f"/api/v1/undo/{found['id']}").status_code == 404
    assert other.post(f"/api/v1/undo/{uuid4()}").status_code == 404
    assert make.api_client(eve).post(f"/api/v1/undo/{found['id']}").status_code == 403
    assert ben_api.post(f"/api/v1/undo/{found['id']}").status_code == 403
    assert hours() == after


def test_what_a_colleague_changed_meanwhile_stays(schedule, hospital, dan_api):
    rule = rule_of(schedule)
    move(dan_api, schedule, rule, from_time="10:00", once=False)
    found = week(dan_api, schedule)["undo"]
    other = make.api_client(make.make_desk(facility=hospital, full_name="Ngô Thị Lan"))
    move(other, schedule, rule_of(schedule), from_time="11:00", once=False)
    after = hours()
    answer = dan_api.post(f"/api/v1/undo/{found['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "changed_meanwhile")
    assert hours() == after


def test_who_booked_meanwhile_keeps_the_time(schedule, visit_type, ana, dan_api):
    move(dan_api, schedule, rule_of(schedule), to_time="19:00")
    found = week(dan_api, schedule)["undo"]
    stage.book(schedule, visit_type, ana, at("18:00"))
    after = hours()
    answer = dan_api.post(f"/api/v1/undo/{found['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "changed_meanwhile")
    assert hours() == after


def test_a_moved_visit_goes_back_to_its_time(visit_type, schedule, ana, dan_api):
    booked = stage.book(schedule, visit_type, ana, at("09:00"))
    wish = {"schedule": str(schedule.id), "starts_at": at("14:00").isoformat()}
    for _ in range(2):
        [visit] = week(dan_api, schedule)["visits"]
        assert visit["starts"] == "09:00"
        moved = dan_api.post(f"/api/v1/appointments/{visit['id']}/reschedule", wish)
        assert moved.status_code in {200, 201}, moved.content
        assert [one["starts"] for one in week(dan_api, schedule)["visits"]] == ["14:00"]
        assert take_back(dan_api, schedule)["verb"] == "move_appointment"
        assert week(dan_api, schedule)["undo"] is None
    booked.refresh_from_db()
    assert booked.status == "rescheduled"

    [visit] = week(dan_api, schedule)["visits"]
    dan_api.post(f"/api/v1/appointments/{visit['id']}/reschedule", wish)
    found = week(dan_api, schedule)["undo"]
    stage.book(schedule, visit_type, make.make_person(), at("09:00"))
    before = stage.everything()
    answer = dan_api.post(f"/api/v1/undo/{found['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "changed_meanwhile")
    assert stage.everything() == before


def test_old_changes_are_forgotten(schedule, dan, dan_api, clock, now):
    move(dan_api, schedule, rule_of(schedule), from_time="10:00")
    clock.move_to(now + timedelta(hours=2))
    move(make.api_client(dan), schedule, rule_of(schedule), from_time="09:00", to_day=str(THURSDAY), day=str(WEDNESDAY))
    assert Undo.objects.count() == 1
