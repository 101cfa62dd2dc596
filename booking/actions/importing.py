"""A file of hours: checked row by row while nothing changes, then, when the desk has seen the report, put in place.

Both steps are jobs. What lands, lands practitioner by practitioner in chunks; each chunk commits its rows together with
how far it has come, so a worker that dies takes nothing half done along and the next one goes on where it stopped.
"""

from collections.abc import Iterable
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from django.db import transaction

import audit
from booking import access, bundles, days, importing
from booking.errors import BadFile
from booking.importing import Problem, Wish
from booking.judging import Judge, Verdict
from booking.models import Closure, ImportRun, Rule, Schedule
from core import sheets
from core.actor import Actor
from core.errors import NotFound
from core.refs import Ref
from core.sheets import FileProblem
from core.tasks import later
from identity.models import Facility

STORY = Actor.system("import")
CHUNK = 500  # rows, made of whole practitioners where they are not larger
MOST_KEPT_PROBLEMS = 5_000
TOLD_EVERY = 500  # rows between two notes of progress
Status = ImportRun.Status


@transaction.atomic
def begin_import(*, file_name: str, content: bytes, by: Actor, now: datetime) -> ImportRun:
    """Take a file in; a job checks it and changes nothing. Raises NotFound, BadFile."""
    if by.role != "desk" or by.facility_id is None:
        raise NotFound
    if not content or len(content) > sheets.MOST_BYTES:
        code = "file_too_large" if content else "file_empty"
        raise BadFile(fields={"file": [importing.REASONS[code]]})
    name = sheets.CONTROL.sub("", file_name)[-200:] or "?"
    run = ImportRun.objects.create(
        facility_id=by.facility_id,
        made_by=by.user_id,
        file_name=name,
        format=sheets.looks_like(name, content),
        content=content,
        created_at=now,
    )
    audit.record(by, "booking.import", run, facility_id=run.facility_id, detail={"what": "read", "file": name})
    later("booking.tasks.check_import", lock=f"import:{run.pk}", run_id=str(run.pk))
    return run


def check_import(*, run_id: UUID, by: Actor, now: datetime) -> ImportRun:
    """Judge every row against what is there and against the other rows; only the report is written. Repeatable."""
    run = access.get_import(by, run_id)
    if run.status != Status.CHECKING:
        return run
    try:
        found = list(_read(run))
    except FileProblem as problem:
        run.problems = [importing.problem(problem.line, "", problem.code, problem.value)]
        run.content = b""
        run.move_to(Status.FAILED, at=now)
        run.save()
        return run
    run.rows, run.rows_done, run.good, run.unchanged, run.problems = len(found), 0, 0, 0, []
    _tell_progress(run)
    judge = Judge(run.facility_id, now=now)
    for number, one in enumerate(found, start=1):
        verdict = judge.judge(one) if isinstance(one, Wish) else one
        if isinstance(verdict, list):
            run.problems += verdict
        elif verdict.is_unchanged:
            run.unchanged += 1
        else:
            run.good += 1
        if number % TOLD_EVERY == 0:
            run.rows_done = number
            _tell_progress(run)
    run.rows_done = run.rows
    run.problems = sorted(run.problems, key=lambda one: one["line"])[:MOST_KEPT_PROBLEMS]
    with transaction.atomic():
        meanwhile = access.lock_import(by, run_id)
        if meanwhile.status != Status.CHECKING:
            return meanwhile  # a second worker was quicker; what it wrote, or what was confirmed since, stands
        run.move_to(Status.CHECKED, at=now)
        run.save()
    return run


@transaction.atomic
def confirm_import(*, run_id: UUID, by: Actor, now: datetime) -> ImportRun:
    """The desk has seen the report: a job puts the good rows in place. Asking again changes nothing.

    Raises NotFound, WrongState (not checked yet, or not readable).
    """
    run = access.lock_import(by, run_id)
    if run.status in {Status.APPLYING, Status.APPLIED}:
        return run
    run.move_to(Status.APPLYING, at=now)
    run.rows_done = 0
    run.save(update_fields=["status", "rows_done"])
    audit.record(by, "booking.import", run, facility_id=run.facility_id, detail={"what": "confirmed"})
    later("booking.tasks.apply_import", lock=f"import:{run.pk}", run_id=str(run.pk))
    return run


def apply_import(*, run_id: UUID, by: Actor, now: datetime) -> ImportRun:
    """Put the good rows in place, chunk by chunk, from where the last one stopped. Repeatable: a row lands once.

    A row that has come to clash since it was checked is not forced; it joins the report.
    """
    run = access.get_import(by, run_id)
    if run.status != Status.APPLYING:
        return run
    # All of them, the bad ones too: what joins the report on the way must not move where the next try cuts.
    wishes = [one for one in _read(run) if isinstance(one, Wish)]
    start = 0
    for chunk in _chunks(wishes):
        if start >= run.rows_done:
            run = _land(run_id, start, chunk, by, now)
        start += len(chunk)
    with transaction.atomic():
        run = access.lock_import(by, run_id)
        if run.status == Status.APPLYING:
            run.rows_done, run.content = run.rows, b""  # the report stays, the file has done its work
            run.move_to(Status.APPLIED, at=now)
            run.save()
    return run


def note_export(*, first_day: date, last_day: date, rows: int, by: Actor) -> None:
    """Note that a list of visits left the house as a file. Raises NotFound for whoever is no desk."""
    if by.role != "desk" or by.facility_id is None:
        raise NotFound
    detail = {"from": first_day.isoformat(), "to": last_day.isoformat(), "rows": rows}
    audit.record(by, "booking.export", Ref("facility", by.facility_id), facility_id=by.facility_id, detail=detail)


def _read(run: ImportRun) -> Iterable[Wish | list[Problem]]:
    content = bytes(run.content)
    if run.format == "fhir":
        return bundles.wishes(content)
    return importing.wishes(sheets.read(run.format, content))


def _tell_progress(run: ImportRun) -> None:
    ImportRun.objects.filter(pk=run.pk).update(rows=run.rows, rows_done=run.rows_done)


def _chunks(wishes: list[Wish]) -> Iterable[list[Wish]]:
    """Cut into chunks that stay the same at every try: by practitioner, in the order they first appear."""
    first: dict[str, int] = {}
    for wish in wishes:
        first.setdefault(importing.licence_key(wish.licence), len(first))
    ordered = sorted(wishes, key=lambda wish: first[importing.licence_key(wish.licence)])
    chunk: list[Wish] = []
    for _who, group in groupby(ordered, key=lambda wish: importing.licence_key(wish.licence)):
        theirs = list(group)
        if chunk and len(chunk) + len(theirs) > CHUNK:
            yield chunk
            chunk = []
        chunk += theirs
        while len(chunk) > 4 * CHUNK:
            yield chunk[: 4 * CHUNK]
            chunk = chunk[4 * CHUNK :]
    if chunk:
        yield chunk


@transaction.atomic
def _land(run_id: UUID, start: int, chunk: list[Wish], by: Actor, now: datetime) -> ImportRun:
    run = access.lock_import(by, run_id)
    if run.rows_done != start or run.status != Status.APPLYING:
        return run
    judge = Judge(run.facility_id, now=now, licences={importing.licence_key(wish.licence) for wish in chunk}, lock=True)
    verdicts: list[Verdict] = []
    bad = {problem["line"] for problem in run.problems}
    for wish in chunk:
        if wish.line in bad:
            continue
        verdict = judge.judge(wish)
        if isinstance(verdict, list):
            run.problems += verdict
        elif not verdict.is_unchanged:
            verdicts.append(verdict)
    opened = _open_schedules(run, verdicts, now)
    _write(verdicts, now)
    touched = {verdict.schedule.pk: verdict.schedule for verdict in verdicts if verdict.schedule}
    for schedule in touched.values():
        rows = sum(verdict.schedule is not None and verdict.schedule.pk == schedule.pk for verdict in verdicts)
        detail = {"what": "imported", "rows": rows, "import": str(run.pk)}
        audit.record(by, "booking.schedule", schedule, facility_id=run.facility_id, detail=detail)
    days.rebuild(touched, now=now)
    run.opened += opened
    run.landed += len(verdicts)
    run.rows_done = start + len(chunk)
    run.problems = sorted(run.problems, key=lambda one: one["line"])[:MOST_KEPT_PROBLEMS]
    run.save(update_fields=["opened", "landed", "rows_done", "problems"])
    return run


def _open_schedules(run: ImportRun, verdicts: list[Verdict], now: datetime) -> int:
    """Whoever has hours in the file and no schedule yet gets one; their days are reckoned with the hours, once."""
    zone = Facility.objects.values_list("zone", flat=True).get(pk=run.facility_id)
    made: dict[UUID, Schedule] = {}
    for verdict in verdicts:
        who = verdict.practitioner_id
        if verdict.schedule is None and who not in made:
            made[who] = Schedule(practitioner_id=who, facility_id=run.facility_id, zone=zone, created_at=now)
        verdict.schedule = verdict.schedule or made[who]
    Schedule.objects.bulk_create(made.values())
    return len(made)


def _write(verdicts: list[Verdict], now: datetime) -> None:
    rules, kinds, closures = [], [], []
    for verdict in verdicts:
        assert verdict.schedule is not None
        if verdict.rule is not None:
            rule = Rule(schedule=verdict.schedule, created_at=now, **verdict.rule)
            rules.append(rule)
            kinds += [Rule.visit_types.through(rule_id=rule.pk, visittype_id=one) for one in verdict.visit_types]
        else:
            closures.append(Closure(schedule=verdict.schedule, created_at=now, **verdict.closure))
    Rule.objects.bulk_create(rules)
    Rule.visit_types.through.objects.bulk_create(kinds)
    Closure.objects.bulk_create(closures)
