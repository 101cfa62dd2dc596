"""Fifty pharmacies at a few prescriptions at once: taken in hand, handed out, given back, and killed in the middle of it.

Each counter is the app in a process of its own, asked through its public doors. A counter that is killed (by its id, kill -9)
leaves requests without an answer; another one asks again with the same key, as an app does. In the end no unit was handed
out twice and nothing that was acknowledged is gone. `--long` is a hundred prescriptions and twenty kills.

Two ways to see that the storm finds something: `--without lock` takes away the row locks and the guarded statements, so that
only the constraints of the database stand (they refuse, as server errors); `--without constraint` takes these away as well.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Literal

from tests.site import own_database
from tests.storm.booking import Outcome, database

PHARMACIES, COUNTERS = 50, 4  # counters: processes, each of which is now this pharmacy, now that
LONG, LONG_PRESCRIPTIONS, SHORT_PRESCRIPTIONS = 300, 100, 8  # LONG in seconds; shorter ones have fewer of everything
KILLS, SECONDS_A_KILL = 20, 4
HOT = 3  # prescriptions that everybody is after at one time
TOTALS = ((1, 2, 7), (1, 3, 4))  # dose, doses a day, days: 14 and 12 units
SIGNED_IN_FOR = 200.0  # seconds; a token holds five minutes

PROMISES = {
    "no item is handed out beyond what was prescribed": """
        SELECT i.id, i.total, sum(d.quantity) FROM prescriptions_item i JOIN prescriptions_dispense d ON d.item_id = i.id
        GROUP BY i.id HAVING sum(d.quantity) > i.total""",
    "what is counted is what was handed out": """
        SELECT i.id, i.dispensed_quantity, coalesce(sum(d.quantity), 0) FROM prescriptions_item i
        LEFT JOIN prescriptions_dispense d ON d.item_id = i.id GROUP BY i.id
        HAVING i.dispensed_quantity <> coalesce(sum(d.quantity), 0)""",
    "no request is done twice": """
        SELECT lot, count(*) FROM prescriptions_dispense GROUP BY lot HAVING count(*) > 1""",
    "one pharmacy holds it at a time": """
        SELECT prescription_id, count(*) FROM prescriptions_acceptance WHERE ended_at IS NULL
        GROUP BY prescription_id HAVING count(*) > 1""",
    "what is held is accepted, and the other way round": """
        SELECT p.id, p.status FROM prescriptions_prescription p WHERE (p.status = 'accepted') <> EXISTS (
            SELECT FROM prescriptions_acceptance a WHERE a.prescription_id = p.id AND a.ended_at IS NULL)""",
    "every dispense is in the audit trail once": """
        SELECT p.id FROM prescriptions_prescription p WHERE (
            SELECT count(*) FROM audit_line l WHERE l.subject = 'prescription:' || p.id AND l.action = 'prescription.dispense'
        ) <> (SELECT count(*) FROM prescriptions_dispense d JOIN prescriptions_item i ON i.id = d.item_id
              WHERE i.prescription_id = p.id)""",
    "every sale is to be reported once": """
        SELECT p.id FROM prescriptions_prescription p WHERE (
            SELECT count(*) FROM prescriptions_filing f WHERE f.prescription_id = p.id AND f.kind = 'sale'
        ) <> (SELECT count(*) FROM prescriptions_dispense d JOIN prescriptions_item i ON i.id = d.item_id
              WHERE i.prescription_id = p.id)""",
}
GUARDS = """
    ALTER TABLE prescriptions_item DROP CONSTRAINT item_dispensed_within_total;
    DROP INDEX acceptance_one_at_a_time;
    DROP TRIGGER dispensed_is_counted ON prescriptions_dispense;
    DROP TRIGGER dispensed_is_counted ON prescriptions_item;"""


@dataclass(frozen=True)
class Paper:
    """A prescription as the patient shows it."""

    id: str
    code: str
    access_code: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class Wish:
    """One request to hand out. Its name is its key and the lot by which it is found again."""

    name: str
    pharmacy: int
    path: str
    body: dict[str, Any]


def blow(*, seed: int, seconds: float, without: Literal["lock", "constraint"] | None = None) -> Outcome:
    """Let the counters race until everything is handed out or the time is over; look."""
    own_database("storm_prescriptions")
    from django.db import connections
    from django.test.utils import setup_test_environment

    setup_test_environment()
    long = seconds >= LONG
    papers, staff = _stage(LONG_PRESCRIPTIONS if long else SHORT_PRESCRIPTIONS)
    if without == "constraint":
        with database() as connection:
            connection.execute(GUARDS)
    logging.disable(logging.WARNING)  # refusals are what this is about
    _warm_up(staff[0])
    connections.close_all()
    journal = Path(mkdtemp(prefix="lanh-storm-")) / "journal"
    journal.touch()
    chance, outcome = random.Random(seed), Outcome()
    fork = multiprocessing.get_context("fork")  # Django is set up, and its connections are closed
    over = fork.Event()

    def counter(number: int) -> Any:
        one = _Counter(number, seed * 1000 + number, papers, staff, journal, over, without is not None)
        process = fork.Process(target=one.run, daemon=True)
        process.start()
        return process

    processes = {number: counter(number) for number in range(COUNTERS)}
    made, kills = COUNTERS, KILLS if long else max(2, int(seconds) // SECONDS_A_KILL)
    begun = time.monotonic()
    # Most is done at the beginning: the kills come while there is still something to hand out.
    next_kill = begun + 2
    while time.monotonic() - begun < seconds and not _all_done(papers):
        time.sleep(0.1)
        if kills and time.monotonic() >= next_kill:
            victim = chance.choice(sorted(processes))
            processes[victim].kill()
            processes.pop(victim).join()
            processes[made] = counter(made)
            made, kills = made + 1, kills - 1
            outcome.done["kill -9 of a counter"] += 1
            next_kill = time.monotonic() + chance.uniform(0.5, 1.5) * (SECONDS_A_KILL if long else 1.5)
    over.set()
    for process in processes.values():
        process.join(60)
        if process.is_alive():
            process.kill()
            process.join()
    outcome.done["seconds of storm"] = round(time.monotonic() - begun)
    _Counter(made, seed, papers, staff, journal, fork.Event(), without is not None).repeat_what_has_no_answer()
    _look(outcome, journal)
    return outcome


def _stage(count: int) -> tuple[list[Paper], list[Any]]:
    """A prescription for each patient, and a pharmacist in each pharmacy."""
    from django.utils import timezone

    from prescriptions import queries
    from tests import make
    from tests.prescriptions.stage import AMOXICILLIN, PARACETAMOL, line, make_signed

    now, hospital = timezone.now(), make.make_facility()
    doctor = make.make_practitioner(facility=hospital)
    lines = [
        line(drug, str(dose), times, days)
        for drug, (dose, times, days) in zip((AMOXICILLIN, PARACETAMOL), TOTALS, strict=True)
    ]
    papers = []
    for number in range(count):
        person = make.make_person(full_name=f"Lê Thị Số {number}")
        signed = make_signed(person=person, practitioner=doctor, now=now, items=lines)
        items = tuple(str(one) for one in signed.items.order_by("rank").values_list("id", flat=True))
        papers.append(Paper(str(signed.id), signed.code or "", queries.shown_access_code(signed), items))
    staff = [
        make.make_pharmacist(pharmacy=make.make_pharmacy(name=f"Nhà thuốc {number}")) for number in range(PHARMACIES)
    ]
    return papers, staff


def _warm_up(anybody: Any) -> None:
    """One request before the counters fork off: else each would load the whole app first."""
    from tests import make

    make.api_client(anybody).post("/api/v1/dispensing/lookup", {"code": "99999zzzzzzz-c", "access_code": "12345678"})
    make.api_client(anybody).get("/api/v1/dispensing/queue")


def _all_done(papers: list[Paper]) -> bool:
    with database() as connection:
        left = connection.execute(
            "SELECT count(*) FROM prescriptions_prescription WHERE status IN ('signed', 'accepted')"
        ).fetchone()
    return left is not None and left[0] == 0


@dataclass
class _Counter:
    """One process. What it asks and what it is told is in the journal before and after, so that its death loses neither."""

    number: int
    seed: int
    papers: list[Paper]
    staff: list[Any]
    journal: Path
    over: Any
    unguarded: bool

    def run(self) -> None:
        """The whole life of the process."""
        self._begin()
        try:
            self.repeat_what_has_no_answer()
            while not self.over.is_set() and (near := self._open_ones()):
                self._visit(self.chance.choice(near))
        finally:
            self._note({"done": dict(self.done)})

    def _begin(self) -> None:
        self.chance, self.done = random.Random(self.seed), Counter[str]()
        self.lines: dict[int, tuple[float, Any]] = {}
        self.made = 0
        if self.unguarded:
            _take_the_locks_away()

    def repeat_what_has_no_answer(self) -> None:
        """What somebody asked who was killed: the same again, by the same key."""
        if not hasattr(self, "done"):
            self._begin()
        asked, answered = _read(self.journal)
        mine = os.getpid()
        for name, (pid, wish) in asked.items():
            if name not in answered and pid != mine and not _lives(pid):
                self.done["asked again"] += 1
                self._ask(wish)

    def _open_ones(self) -> list[Paper]:
        from prescriptions.models import Prescription

        with _database_or_nothing():
            rows = Prescription.objects.filter(status__in=["signed", "accepted"]).values_list("id", flat=True)
            still = {str(key) for key in rows}
            return [one for one in self.papers if one.id in still][:HOT]
        return []

    def _call(self, pharmacy: int, path: str, body: dict[str, Any], key: str = "") -> tuple[int, Any]:
        from tests import make

        since, line = self.lines.get(pharmacy, (0.0, None))
        if line is None or time.monotonic() - since > SIGNED_IN_FOR:
            line = make.api_client(self.staff[pharmacy])
            line.raise_request_exception = False
            self.lines[pharmacy] = (time.monotonic(), line)
        more = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
        answer = line.post(f"/api/v1/dispensing/{path}", body, **more)
        try:
            return answer.status_code, answer.json()
        except ValueError:
            return answer.status_code, {}

    def _visit(self, paper: Paper) -> None:
        """Somebody comes to a counter with the codes. A handful of pharmacies are near each patient: colleagues meet."""
        pharmacy = self.chance.randrange(PHARMACIES) if self.chance.random() < 0.5 else hash(paper.code) % PHARMACIES
        status, _found = self._call(pharmacy, "lookup", {"code": paper.code, "access_code": paper.access_code})
        self._count("lookup", status, _found)
        if status != 200:
            return
        status, taken = self._call(pharmacy, f"{paper.id}/accept", {})
        self._count("accept", status, taken)
        if status != 200:
            return
        for _ in range(self.chance.randint(1, 4)):
            items = {one["id"]: one["remaining"] for one in taken["prescription"]["items"]}
            item = self.chance.choice(paper.items)
            self.made += 1
            name = f"{self.number}-{self.made}-{self.seed}"
            # As much as seemed to be left, or some of it; who is slower is refused.
            lot = {"item": item, "quantity": self.chance.randint(1, max(1, min(items[item], 6))), "lot": name}
            body = {"secret": taken["secret"], "items": [lot]}
            answer = self._ask(Wish(name, pharmacy, f"{paper.id}/dispense", body))
            if answer is None:
                break
            taken["prescription"] = answer
        status, answer = self._call(pharmacy, f"{paper.id}/return", {"reason": "out_of_stock"})
        self._count("return", status, answer)
        if status == 409:  # everything is handed out
            status, answer = self._call(pharmacy, f"{paper.id}/complete", {"secret": taken["secret"]})
            self._count("complete", status, answer)

    def _ask(self, wish: Wish) -> Any:
        """Hand out, written down before and after."""
        self._note({"ask": asdict(wish), "pid": os.getpid()})
        status, answer = self._call(wish.pharmacy, wish.path, wish.body, key=wish.name)
        self._note({"answer": wish.name, "status": status, "quantity": wish.body["items"][0]["quantity"]})
        self._count("dispense", status, answer)
        return answer if status == 200 else None

    def _count(self, what: str, status: int, answer: Any) -> None:
        if status >= 500:
            self._note({"error": f"{what} {status}"})
        self.done[f"{what} {status}" + (f" {answer.get('code', '')}" if status >= 400 else "")] += 1

    def _note(self, said: dict[str, Any]) -> None:
        """One write of one line: a kill leaves all of it or nothing."""
        door = os.open(self.journal, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(door, (json.dumps(said) + "\n").encode())
        finally:
            os.close(door)


def _database_or_nothing() -> Any:
    from django.db import Error

    return suppress(Error)


def _lives(pid: int) -> bool:
    with suppress(OSError):
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def _read(journal: Path) -> tuple[dict[str, tuple[int, Wish]], dict[str, tuple[int, int]]]:
    """Return what was asked (by whom) and what was answered (status, quantity), by name; the last answer counts."""
    asked: dict[str, tuple[int, Wish]] = {}
    answered: dict[str, tuple[int, int]] = {}
    for text in journal.read_text().splitlines():
        said = json.loads(text)
        if "ask" in said:
            asked[said["ask"]["name"]] = (said["pid"], Wish(**said["ask"]))
        elif "answer" in said and answered.get(said["answer"], (0, 0))[0] != 200:
            answered[said["answer"]] = (said["status"], said["quantity"])
    return asked, answered


def _take_the_locks_away() -> None:
    """In this process nobody waits for a prescription any more, and quantities are read first and written then."""
    from django.db.models import QuerySet

    from prescriptions.actions import dispensing
    from prescriptions.errors import MoreThanPrescribed
    from prescriptions.models import Item, Prescription

    locking = QuerySet.select_for_update

    def unlocked(self: Any, *args: Any, **values: Any) -> Any:
        return self if self.model is Prescription else locking(self, *args, **values)

    def careless(item: Any, held: Any, quantity: int, number: int) -> None:
        found = Item.objects.get(id=item.id)
        if found.remaining < quantity:
            raise MoreThanPrescribed()
        time.sleep(0.02)
        Item.objects.filter(id=item.id).update(dispensed_quantity=found.dispensed_quantity + quantity)

    QuerySet.select_for_update = unlocked  # type: ignore[method-assign]
    dispensing._take = careless


def _look(outcome: Outcome, journal: Path) -> None:
    """Hold what the counters were told against what is kept."""
    asked, answered = _read(journal)
    for text in journal.read_text().splitlines():
        outcome.done.update(json.loads(text).get("done", {}))
    with database() as connection:
        for promise, question in PROMISES.items():
            outcome.promises[promise] = [str(row) for row in connection.execute(question).fetchall()]  # type: ignore[call-overload]
        kept = dict(
            connection.execute("SELECT lot, sum(quantity)::int FROM prescriptions_dispense GROUP BY lot").fetchall()
        )
        status = dict(
            connection.execute("SELECT status, count(*) FROM prescriptions_prescription GROUP BY status").fetchall()
        )
    told = {name: quantity for name, (code, quantity) in answered.items() if code == 200}
    outcome.done["dispenses acknowledged"], outcome.done["dispenses kept"] = len(told), len(kept)
    outcome.done.update({f"prescriptions {what}": count for what, count in status.items()})
    outcome.promises["what was acknowledged is there, once"] = [
        f"{name}: {quantity} acknowledged, {kept.get(name)} kept"
        for name, quantity in told.items()
        if kept.get(name) != quantity
    ]
    outcome.promises["nothing is there that was refused"] = [name for name in kept if name not in told]
    outcome.promises["every request has its answer"] = sorted(set(asked) - set(answered))
    errors = Counter(
        json.loads(text)["error"] for text in journal.read_text().splitlines() if text.startswith('{"error"')
    )
    outcome.promises["no answer is a server error"] = [f"{what}: {count} times" for what, count in errors.items()]
    outcome.promises["something happened"] = [] if told else ["nothing was handed out"]
