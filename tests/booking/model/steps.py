"""How a step is taken: it succeeds, is refused for a reason the model knows, or is killed; then the model follows."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import time_machine
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from booking import tasks
from booking.models import Appointment
from core.actor import Actor
from core.errors import DomainError
from tests import make
from tests.booking.model.house import House, Reasons
from tests.booking.model.visit import ACTIVE, DAY, DAYS, HOUR, PRICES, Visit, Wish, starts
from tests.booking.model.world import Killed, Stage, dying_at, last_job, snapshot, statuses
from tests.jobs import run_jobs

taken = Counter[str]()  # steps, and how they ended, for whoever wants to tell
which = st.integers(0, 40)
actors = st.sampled_from(["citizen", "desk"])
places = st.tuples(st.integers(0, 1), st.sampled_from(list(PRICES)), st.integers(0, 18))
crashes = st.one_of(st.none(), st.none(), st.none(), st.integers(1, 25))
LAST = make.NOW + (DAYS - 1) * DAY + 3 * HOUR  # the clock goes no further: after it there is no time to ask for


class Steps(RuleBasedStateMachine):
    """An example: a world rolled back at its end, a clock that stands still between steps, and the house beside it."""

    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.house = House(make.NOW)
        self.at_bank: list[tuple[Visit, str]] = []  # who is at the bank's page
        self.paid: list[Visit] = []  # whose money the bank has, and we have not heard
        self.quiet = True  # no job is due
        self.touched = True  # something may have changed since it was last looked at
        self.whole = True  # no step is under way
        self.last: dict[UUID, str] = {}
        self.clock = time_machine.travel(self.now, tick=False)
        self.traveller = self.clock.start()
        self.savepoint = transaction.savepoint()
        self.first_job = last_job()

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.savepoint)
        self.clock.stop()

    @property
    def now(self) -> datetime:
        return self.house.now

    def move_clock(self, moment: datetime) -> None:
        if self.now < moment <= LAST:
            self.house.now = moment
            self.traveller.move_to(moment)
            self.quiet, self.touched = False, True

    def choose(self, number: int) -> Visit:
        """Choose a visit, mostly one that is not over. Of holds whose wait is over, see which were noticed already."""
        if any(one.lapsed(self.now) for one in self.house.visits):
            rows = statuses()
            for one in self.house.visits:
                if one.lapsed(self.now) and rows[one.id] == "expired":
                    one.status = "expired"
        alive = [one for one in self.house.visits if one.status in ACTIVE | {"no_show"}]
        among = alive if alive and number % 4 else self.house.visits
        return among[number // 4 % len(among)]

    def wish(self, place: tuple[int, str, int]) -> Wish:
        """Make a wish of numbers: a time to come, now and then one that is past."""
        doctor, kind, number = place
        ahead = [start for start in starts() if start >= self.now]
        return doctor, kind, ahead[number - 1] if 0 < number <= len(ahead) else starts()[number % len(starts())]

    def acting(self, actor: str, one: Visit) -> Actor:
        return self.stage.desk if actor == "desk" else self.stage.citizen(one.who)

    def attempt(self, call: Callable[[], Any], why_not: Reasons, crash: int | None = None) -> Any:
        """Do it: it succeeds, or is refused for one of these reasons; refused or killed, it has changed nothing."""
        before, self.whole = snapshot(), False
        try:
            with dying_at(crash):
                found = call()
        except Killed:
            assert snapshot() == before, "something is left of what was killed"
            taken["killed"] += 1
            self.touched = True
            return None
        except DomainError as error:
            assert type(error) in why_not, f"{error!r}, not one of {why_not}"
            assert snapshot() == before, "a refusal changed something"
            taken[f"refused {type(error).__name__}"] += 1
            return None
        assert not why_not, f"done, although {why_not}"
        taken[f"done {inspect.stack()[1].function}"] += 1
        self.quiet, self.touched = False, True
        return found

    def work(self) -> None:
        """All that is due runs, and the model follows."""
        self.whole = False
        run_jobs()
        tasks.expire_holds(int(self.now.timestamp()))
        run_jobs()
        for one in self.paid:
            if self.house.money_comes(one):
                self._see_the_swap(one)
        self.paid.clear()
        self.house.let_go_of_the_lapsed()
        self.quiet, self.touched = True, True

    def _see_the_swap(self, one: Visit) -> None:
        one.status = "expired"
        taken["swapped"] += 1
        start = self.house.next_time(one)
        new = Appointment.objects.filter(moved_from=one.id).first()
        assert new is not None, "late money was to take another time, and there is one"
        assert new.starts_at == start, f"{new.starts_at}, and the next free time is {start}"
        other = Visit(new.pk, one.who, one.doctor, one.kind, start, "booked", one.price, old=one, was_agreed=True)
        self.house.visits.append(other)
