"""Reading: free times, and agreed ones."""

from booking.queries.agreed import (
    AppointmentFacts,
    appointments_of,
    closures_of,
    day_list,
    get_facts,
    is_kept_until,
    overdue_holds,
    rules_of,
    schedule_of,
    schedules_for,
    still_agreed,
)
from booking.queries.free import (
    DayCount,
    FirstFree,
    FreeTime,
    days_of,
    first_free,
    offers,
    slots_of,
    times_of,
    visit_types_of,
)

__all__ = [
    "AppointmentFacts",
    "DayCount",
    "FirstFree",
    "FreeTime",
    "appointments_of",
    "closures_of",
    "day_list",
    "days_of",
    "first_free",
    "get_facts",
    "is_kept_until",
    "offers",
    "overdue_holds",
    "rules_of",
    "schedule_of",
    "schedules_for",
    "slots_of",
    "still_agreed",
    "times_of",
    "visit_types_of",
]
