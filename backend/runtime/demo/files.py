"""The desk's files and other calendars: next month's duty hours, checked and waiting to be confirmed, and a followed calendar."""

from __future__ import annotations

from datetime import datetime, timedelta

import booking.actions
from booking import exporting
from booking.models import ImportRun, Schedule
from core import sheets
from core.actor import Actor
from identity.models import Membership

STORY = Actor.system("demo")


def hand_in_hours(now: datetime) -> None:
    """At the first desk there is: a file with a few rows that cannot land, and a department's calendar followed."""
    desk = Membership.objects.filter(role="desk", user__isnull=False).order_by("created_at", "pk").first()
    if desk is None or desk.facility_id is None:
        return
    by = Actor("desk", user_id=desk.user_id, facility_id=desk.facility_id, name=str(desk.user))
    schedules = Schedule.objects.filter(facility=desk.facility_id).select_related("practitioner")
    doctors = list(schedules.order_by("-practitioner__sort_name")[:4])
    if len(doctors) < 2:
        return
    run = booking.actions.begin_import(
        file_name="gio-truc-thang-sau.csv", content=_hours(doctors, now), by=by, now=now - timedelta(minutes=50)
    )
    ImportRun.objects.filter(pk=run.pk).update(created_at=now - timedelta(minutes=50))
    booking.actions.check_import(run_id=run.pk, by=STORY, now=now - timedelta(minutes=49))
    feed = booking.actions.follow_calendar(
        schedule_id=doctors[-1].pk,
        content=_calendar(now),
        name="Lịch giao ban khoa",
        by=by,
        now=now - timedelta(days=1),
    )
    booking.actions.read_feed(feed_id=feed.pk, by=STORY, now=now - timedelta(minutes=10))


def _hours(doctors: list[Schedule], now: datetime) -> bytes:
    saturday = (now + timedelta(days=28 + (5 - now.weekday()) % 7)).date()
    rows = []
    for number, schedule in enumerate(doctors):
        licence, name = schedule.practitioner.licence_number, schedule.practitioner.full_name
        for week in range(3):
            day = (saturday + timedelta(days=7 * week)).isoformat()
            rows.append([licence, name, "thêm giờ", "", day, "", f"{7 + number}:30", "11:30", "20"])
    licence, name = doctors[0].practitioner.licence_number, doctors[0].practitioner.full_name
    sunday = (saturday + timedelta(days=1)).isoformat()
    rows.append([licence, name, "thêm giờ", "", sunday, "", "11:00", "07:30", "20"])  # ends before it begins
    rows.append(["009999/HNO-GPHN", "Trần Văn Chuyển", "nghỉ", "", sunday, "", "", "", ""])  # no longer here
    rows.append([licence, name, "hàng tuần", "Thứ Tám", "", "", "13:30", "16:30", "20"])
    return sheets.write_csv(exporting.header("vi")[:9], rows)


def _calendar(now: datetime) -> bytes:
    """A department meets on Fridays at half past four in the afternoon."""
    friday = now - timedelta(days=(now.weekday() - 4) % 7)
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Khoa//Giao ban//VI", "BEGIN:VEVENT", "UID:giao-ban@demo.lanh.vn",
        f"DTSTAMP:{now:%Y%m%dT000000Z}", f"DTSTART;TZID=Asia/Ho_Chi_Minh:{friday:%Y%m%d}T163000", "DURATION:PT45M",
        "RRULE:FREQ=WEEKLY", "SUMMARY:Giao ban khoa", "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()
