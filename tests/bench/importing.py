"""A file of hours with 5,000 rows, 300 of them bad, against a bare insert of as many rows in the same run.

Recipe: one facility with 50 doctors without schedules; the file gives each a hundred blocks of a quarter of an hour. Each
round reads and checks the file (`check`), then puts 4,700 rows in place with their days reckoned (`apply`), then takes all
away again. The yardstick is `bulk_create` of 4,700 rules and nothing else. Ratios are rows a second over its rows a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from tests.bench.run import Row, row
from tests.site import own_database

NAME = "import"
ROWS, BAD, DOCTORS = 5_000, 300, 50


def measure(*, rounds: int, size: int) -> Iterator[Row]:
    """Check and apply in turn, `rounds` times."""
    own_database("bench_lanh")
    from booking import actions
    from booking.models import ImportRun, Rule, Schedule
    from core.actor import Actor
    from tests import make

    hospital = make.make_facility()
    desk, system = make.actor_for(make.make_desk(facility=hospital)), Actor.system("bench")
    content = file_of_hours(hospital).encode()
    results: dict[str, list[float]] = {"bare insert": [], "check": [], "apply": []}
    for number in range(rounds + 1):
        run = actions.begin_import(file_name="bench.csv", content=content, by=desk, now=make.NOW)
        checking = _seconds(lambda run=run: actions.check_import(run_id=run.pk, by=system, now=make.NOW))
        actions.confirm_import(run_id=run.pk, by=desk, now=make.NOW)
        applying = _seconds(lambda run=run: actions.apply_import(run_id=run.pk, by=system, now=make.NOW))
        run = ImportRun.objects.get(pk=run.pk)
        assert (run.landed, run.bad_rows, Rule.objects.count()) == (ROWS - BAD, BAD, ROWS - BAD)
        schedules = list(Schedule.objects.all())
        rules = list(Rule.objects.values("schedule_id", "weekday", "from_time", "to_time"))
        Rule.objects.all().delete()
        inserting = _seconds(lambda rules=rules: Rule.objects.bulk_create([Rule(**one) for one in rules]))
        Rule.objects.all().delete()
        for schedule in schedules:
            schedule.delete()
        ImportRun.objects.all().delete()
        if number:  # the first round warms caches and connections
            results["bare insert"].append((ROWS - BAD) / inserting)
            results["check"].append(ROWS / checking)
            results["apply"].append((ROWS - BAD) / applying)
    for case in ("check", "apply"):
        yield row(NAME, case, results[case], "rows/s", to="bare insert", yardstick=results["bare insert"])


def file_of_hours(hospital: object) -> str:
    """Quarters of an hour, one after the other, for each doctor and weekday; the first rows have no number for a grid."""
    from booking import importing
    from tests import make

    people = [make.make_practitioner(facility=hospital, full_name=f"Bác Sĩ {n}") for n in range(DOCTORS)]  # type: ignore[arg-type]
    days = importing.WEEKDAY_WORDS["vi"]
    lines = ["licence_number,kind,weekday,from_time,to_time,grid_minutes"]
    for number in range(ROWS):
        doctor, place = people[number % DOCTORS], number // DOCTORS
        start = 6 * 60 + 15 * (place // 7)
        hours = f"{start // 60:02}:{start % 60:02},{(start + 15) // 60:02}:{(start + 15) % 60:02}"
        lines.append(f"{doctor.licence_number},weekly,{days[place % 7]},{hours},{'zero' if number < BAD else 15}")
    return "\n".join(lines)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
