"""A list of drugs: checked row by row while nothing changes, then, when the operator has seen the report, put in place.

Both steps are jobs. What lands, lands in chunks; each chunk commits its rows together with how far it has come, so a worker
that dies takes nothing half done along and the next one goes on where it stopped. Nothing is ever deleted: a drug that a whole
list does not have any more is ended the day before the list, and only when that was asked for.
"""

from datetime import date, datetime, timedelta
from itertools import islice
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

import audit
from core.actor import Actor
from core.errors import NotFound
from core.tables import CONTROL, FileProblem
from core.tasks import later
from prescriptions import access, importing
from prescriptions.errors import BadList
from prescriptions.importing import HOSPITAL, Entry, Refused, registration_key
from prescriptions.judging import Judge, Seen, Verdict, changed_fields
from prescriptions.models import Drug, DrugImport

CHUNK = 500
MOST_KEPT_PROBLEMS = 5_000
A_DAY = timedelta(days=1)
Status = DrugImport.Status


@transaction.atomic
def begin_drug_import(
    *, file_name: str, content: bytes, list_on: date, is_whole: bool, by: Actor, now: datetime
) -> DrugImport:
    """Take a list in; a job checks it and changes nothing. `is_whole` asks that drugs not in it are ended by `list_on`.

    Raises NotFound, BadList.
    """
    if by.role != "operator" and not by.is_system:
        raise NotFound
    if not content or len(content) > importing.BOUNDS.most_bytes:
        raise BadList(fields={"file": [importing.REASONS["file_too_large" if content else "file_empty"]]})
    name = CONTROL.sub("", file_name)[-200:] or "?"
    run = DrugImport.objects.create(
        made_by=by.user_id, file_name=name, content=content, list_on=list_on, is_whole=is_whole, created_at=now
    )
    audit.record(by, "prescription.import_drugs", run, detail={"what": "read", "file": name})
    later("prescriptions.tasks.check_drug_import", lock=f"drug-import:{run.pk}", run_id=str(run.pk))
    return run


def check_drug_import(*, run_id: UUID, by: Actor, now: datetime) -> DrugImport:
    """Judge every row against the catalogue and the other rows; only the report is written. Repeatable."""
    run = access.get_drug_import(by, run_id)
    if run.status != Status.CHECKING:
        return run
    try:
        sheet = importing.read(bytes(run.content))
        found = list(sheet.rows)
    except FileProblem as problem:
        run.problems = [importing.problem(problem.line, "", problem.code, problem.value)]
        run.content = b""
        run.move_to(Status.FAILED, at=now)
        run.save()
        return run
    run.header, run.rows, run.rows_done = sheet.header, len(found), 0
    run.good = run.unchanged = run.without_atc = run.bad_rows = 0
    run.problems, run.refused = [], []
    seen, rows = Seen(), iter(found)
    while chunk := list(islice(rows, CHUNK)):
        judge = Judge([one for one in chunk if isinstance(one, Entry)], list_on=run.list_on)
        for one in chunk:
            verdict = (seen.note(one) or judge.judge(one)) if isinstance(one, Entry) else one.problems
            if isinstance(verdict, Verdict):
                run.good += not verdict.is_unchanged
                run.unchanged += verdict.is_unchanged
                run.without_atc += not verdict.drug.atc
            else:
                _refuse(run, one, verdict if isinstance(verdict, list) else [verdict])
        run.rows_done += len(chunk)
        DrugImport.objects.filter(pk=run.pk).update(rows=run.rows, rows_done=run.rows_done)
    run.missing = len(_not_in(found, run)) if run.is_whole else 0
    with transaction.atomic():
        meanwhile = access.lock_drug_import(by, run_id)
        if meanwhile.status != Status.CHECKING:
            return meanwhile  # a second worker was quicker; what it wrote stands
        run.move_to(Status.CHECKED, at=now)
        run.save()
    return run


@transaction.atomic
def confirm_drug_import(*, run_id: UUID, by: Actor, now: datetime) -> DrugImport:
    """The operator has seen the report: a job puts the good rows in place. Asking again changes nothing.

    Raises NotFound, WrongState (not checked yet, or not readable).
    """
    run = access.lock_drug_import(by, run_id)
    if run.status in {Status.APPLYING, Status.APPLIED}:
        return run
    run.move_to(Status.APPLYING, at=now)
    run.rows_done = 0
    run.save(update_fields=["status", "applying_at", "rows_done"])
    audit.record(by, "prescription.import_drugs", run, detail={"what": "confirmed"})
    later("prescriptions.tasks.apply_drug_import", lock=f"drug-import:{run.pk}", run_id=str(run.pk))
    return run


def apply_drug_import(*, run_id: UUID, by: Actor, now: datetime) -> DrugImport:
    """Put the good rows in place, chunk by chunk, from where the last one stopped. Repeatable: a row lands once.

    A row that has come to clash since it was checked is not forced; it joins the report.
    """
    run = access.get_drug_import(by, run_id)
    if run.status != Status.APPLYING:
        return run
    found = list(importing.read(bytes(run.content)).rows)
    # All of them, the bad ones too: what joins the report on the way must not move where the next try cuts.
    for start in range(0, len(found), CHUNK):
        if start >= run.rows_done:
            run = _land(run_id, start, found, by, now)
    return _finish(run_id, found, by, now)


@transaction.atomic
def _land(run_id: UUID, start: int, found: list[Entry | Refused], by: Actor, now: datetime) -> DrugImport:
    _one_list_at_a_time()
    run = access.lock_drug_import(by, run_id)
    if run.rows_done != start or run.status != Status.APPLYING:
        return run
    chunk = found[start : start + CHUNK]
    refused = {line for line, _cells in run.refused}
    seen = Seen()
    for one in found[:start]:
        if isinstance(one, Entry):
            seen.note(one)
    entries = [one for one in chunk if isinstance(one, Entry)]
    judge = Judge(entries, list_on=run.list_on, lock=True)
    verdicts: list[Verdict] = []
    for entry in entries:
        if seen.note(entry) is not None or entry.line in refused:
            continue
        verdict = judge.judge(entry)
        if isinstance(verdict, list):
            _refuse(run, entry, verdict)
        elif not verdict.is_unchanged:
            verdicts.append(verdict)
    for verdict in _write_all(run, verdicts):
        run.landed += 1
        run.added += verdict.is_new
    run.rows_done = start + len(chunk)
    run.save(update_fields=["landed", "added", "rows_done", "problems", "refused", "bad_rows"])
    return run


def _write_all(run: DrugImport, verdicts: list[Verdict]) -> list[Verdict]:
    """Write the rows of a chunk; where two of them meet in a way only the database sees, one by one, and the second is refused."""
    try:
        _write(verdicts)
        return verdicts
    except IntegrityError:
        landed = []
        for verdict in verdicts:
            try:
                _write([verdict])
                landed.append(verdict)
            except IntegrityError:
                entry = verdict.entry
                field = "registration_number" if entry.code else "so_dang_ky"
                found = importing.problem(entry.line, field, "number_of_another", entry.registration_number, other="–")
                _refuse(run, entry, [found])
        return landed


@transaction.atomic
def _write(verdicts: list[Verdict]) -> None:
    changed = [verdict.drug for verdict in verdicts if not verdict.is_new]
    if changed:
        Drug.objects.bulk_update(changed, changed_fields())
    Drug.objects.bulk_create([verdict.drug for verdict in verdicts if verdict.is_new])


@transaction.atomic
def _finish(run_id: UUID, found: list[Entry | Refused], by: Actor, now: datetime) -> DrugImport:
    _one_list_at_a_time()
    run = access.lock_drug_import(by, run_id)
    if run.status != Status.APPLYING:
        return run
    if run.is_whole:
        last_day = run.list_on - A_DAY
        run.ended = Drug.objects.filter(pk__in=_not_in(found, run)).update(valid_to=last_day)
    run.rows_done, run.content = run.rows, b""  # the report stays, the file has done its work
    run.move_to(Status.APPLIED, at=now)
    run.save()
    detail = {"what": "in place", "landed": run.landed, "ended": run.ended}
    audit.record(by, "prescription.import_drugs", run, detail=detail)
    return run


def _not_in(found: list[Entry | Refused], run: DrugImport) -> list[UUID]:
    """Return the running drugs a whole list does not speak of. A row that cannot land still speaks of its drug; one of which
    nobody can say which drug it means ends nothing at all.

    A hospital's list is about registered products, ours about everything.
    """
    numbers: set[str] = set()
    for one in found:
        keys = (one.code, one.registration_number) if isinstance(one, Entry) else one.keys
        if not any(keys):
            return []
        numbers |= set(filter(None, keys))
    rows = Drug.objects.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lt=run.list_on),
        Q(valid_to__isnull=True) | Q(valid_to__gte=run.list_on),
        active=True,
    )
    if importing.dialect_of(run.header) == HOSPITAL:
        rows = rows.exclude(registration_number="")
    return [
        pk
        for pk, code, number in rows.values_list("pk", "code", "registration_number")
        if code not in numbers and registration_key(number) not in numbers
    ]


def _refuse(run: DrugImport, one: Entry | Refused, problems: list[importing.Problem]) -> None:
    run.bad_rows += 1
    is_kept = len(run.problems) < MOST_KEPT_PROBLEMS
    run.problems += problems if is_kept else []
    run.refused.append([one.line, one.cells if is_kept else []])


def _one_list_at_a_time() -> None:
    """Two lists that land at once would each find the same drug missing: they take turns, chunk by chunk."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('prescriptions.catalogue', 0))")
