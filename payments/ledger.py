"""The ledger's arithmetic: which lines a fact about money writes. Pure: no database, no clock.

Double entry: each fact is a transaction of lines that sum to zero. Positive is debit, negative is credit.

| account | what it is | grows by |
|---|---|---|
| `clearing/<gateway>/<facility>` | money a gateway holds for the facility | debit |
| `income/<facility>` | what citizens paid the facility | credit |
| `refunds/<facility>` | what of it was given back or promised back | debit |
| `refunds_due/<facility>` | promised back, not yet gone | credit |
| `credits/<facility>` | owed to payers, to be paid out by hand | credit |
| `by_hand/<facility>` | what the facility transferred to payers from its own bank account | credit |
| `cash_differences/<facility>` | what was missing in cash drawers (credit: what was too much) | debit |
| `written_off/<facility>` | what a gateway lacks and nobody finds (credit: what it has too much) | debit |
| `fees/<facility>` | what gateways kept for their work | debit |
| `disputed/<facility>` | taken by a gateway until a dispute is decided | debit |
| `losses/<facility>` | disputes decided for the payer | debit |
| `unallocated/<facility>` | money that came to the bank account and belongs to nobody yet | credit |
| `set_aside/<facility>` | money that came to the bank account and is not for a payment | credit |

Cash lies in `clearing/cash/<facility>`: the desk is a gateway like the others.

Money belongs to the facility at every moment; there is no account of the platform's own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from core.money import Money


class Unbalanced(ValueError):
    """Lines that do not sum to zero in every currency: a mistake of ours, never of a person."""


@dataclass(frozen=True)
class Line:
    """One side of a transaction: an account and a signed amount."""

    account: str
    money: Money


def clearing(gateway: str, facility_id: UUID) -> str:
    """Name the account of the money a gateway holds for a facility."""
    return f"clearing/{gateway}/{facility_id}"


def income(facility_id: UUID) -> str:
    """Name the account of a facility's income."""
    return f"income/{facility_id}"


def refunds(facility_id: UUID) -> str:
    """Name the account of what a facility gave back."""
    return f"refunds/{facility_id}"


def refunds_due(facility_id: UUID) -> str:
    """Name the account of what a facility has promised back and not yet sent."""
    return f"refunds_due/{facility_id}"


def credits_owed(facility_id: UUID) -> str:
    """Name the account of what a facility owes payers and has to pay out by hand."""
    return f"credits/{facility_id}"


def by_hand(facility_id: UUID) -> str:
    """Name the account of what a facility transferred to payers by itself."""
    return f"by_hand/{facility_id}"


def cash_differences(facility_id: UUID) -> str:
    """Name the account of what was missing in the drawers of a facility."""
    return f"cash_differences/{facility_id}"


def written_off(facility_id: UUID) -> str:
    """Name the account of differences with gateways that nobody could explain."""
    return f"written_off/{facility_id}"


def fees(facility_id: UUID) -> str:
    """Name the account of what gateways kept for their work."""
    return f"fees/{facility_id}"


def disputed(facility_id: UUID) -> str:
    """Name the account of money taken until a dispute is decided."""
    return f"disputed/{facility_id}"


def losses(facility_id: UUID) -> str:
    """Name the account of disputes a facility lost."""
    return f"losses/{facility_id}"


def captured(gateway: str, facility_id: UUID, money: Money) -> list[Line]:
    """Return the lines for money that arrived."""
    return _moved(money, to=clearing(gateway, facility_id), source=income(facility_id))


def refund_requested(facility_id: UUID, money: Money) -> list[Line]:
    """Return the lines for money promised back."""
    return _moved(money, to=refunds(facility_id), source=refunds_due(facility_id))


def refund_done(gateway: str, facility_id: UUID, money: Money) -> list[Line]:
    """Return the lines for promised money that left."""
    return _moved(money, to=refunds_due(facility_id), source=clearing(gateway, facility_id))


def refund_failed(facility_id: UUID, money: Money) -> list[Line]:
    """Return the lines that take back a promise the gateway could not keep."""
    return _moved(money, to=refunds_due(facility_id), source=refunds(facility_id))


def fee_kept(gateway: str, facility_id: UUID, money: Money) -> list[Line]:
    """Return the lines for what a gateway keeps, of a payment or for a dispute."""
    return _moved(money, to=fees(facility_id), source=clearing(gateway, facility_id))


def fee_changed(gateway: str, facility_id: UUID, money: Money) -> list[Line]:
    """Return the lines for what a gateway keeps more (positive) or less (negative) than it first said."""
    return _signed(money, to=fees(facility_id), source=clearing(gateway, facility_id))


def dispute_taken(gateway: str, facility_id: UUID, money: Money) -> list[Line]:
    """Return the lines for disputed money the gateway took back."""
    return _moved(money, to=disputed(facility_id), source=clearing(gateway, facility_id))


def dispute_won(gateway: str, facility_id: UUID, money: Money) -> list[Line]:
    """Return the lines for disputed money that came back."""
    return _moved(money, to=clearing(gateway, facility_id), source=disputed(facility_id))


def dispute_lost(facility_id: UUID, money: Money) -> list[Line]:
    """Return the lines for disputed money that is the payer's again."""
    return _moved(money, to=losses(facility_id), source=disputed(facility_id))


def unallocated(facility_id: UUID) -> str:
    """Name the account of money that came and belongs to nobody yet."""
    return f"unallocated/{facility_id}"


def set_aside(facility_id: UUID) -> str:
    """Name the account of money that came and is not for a payment."""
    return f"set_aside/{facility_id}"


def bank_came(gateway: str, facility_id: UUID, money: Money) -> list[Line]:
    """Return the lines for money that came to the bank account, before anybody knows what for."""
    return _moved(money, to=clearing(gateway, facility_id), source=unallocated(facility_id))


def bank_left(gateway: str, facility_id: UUID, money: Money) -> list[Line]:
    """Return the lines for money that belongs to nobody no longer: put to a payment, whose capture follows, or sent back."""
    return _moved(money, to=unallocated(facility_id), source=clearing(gateway, facility_id))


def bank_ignored(facility_id: UUID, money: Money) -> list[Line]:
    """Return the lines for money that stays in the account and is not for a payment."""
    return _moved(money, to=unallocated(facility_id), source=set_aside(facility_id))


def overpaid(facility_id: UUID, money: Money) -> list[Line]:
    """Return the lines for what a bank transfer brought beyond its payment's price: it is the payer's."""
    return _moved(money, to=unallocated(facility_id), source=credits_owed(facility_id))


def credited(facility_id: UUID, money: Money) -> list[Line]:
    """Return the lines for promised money that no gateway can send: it is owed to the payer now."""
    return _moved(money, to=refunds_due(facility_id), source=credits_owed(facility_id))


def collected_twice(gateway: str, facility_id: UUID, money: Money) -> list[Line]:
    """Return the lines for money a gateway collected a second time: it came, and it is the payer's."""
    return _moved(money, to=clearing(gateway, facility_id), source=credits_owed(facility_id))


def credit_paid(way: str, facility_id: UUID, money: Money) -> list[Line]:
    """Return the lines for a credit paid out: "cash" leaves the drawer, "transfer" the facility's own bank account."""
    source = clearing("cash", facility_id) if way == "cash" else by_hand(facility_id)
    return _moved(money, to=credits_owed(facility_id), source=source)


def drawer_differed(facility_id: UUID, money: Money) -> list[Line]:
    """Return the lines for a drawer with more (positive) or less (negative) in it than the books say."""
    return _signed(money, to=clearing("cash", facility_id), source=cash_differences(facility_id))


def wrote_off(gateway: str, facility_id: UUID, money: Money) -> list[Line]:
    """Return the lines for a gateway that holds more (positive) or less (negative) than the books say, unexplained."""
    return _signed(money, to=clearing(gateway, facility_id), source=written_off(facility_id))


def _signed(money: Money, *, to: str, source: str) -> list[Line]:
    if money.amount < 0:
        return _moved(-money, to=source, source=to)
    return _moved(money, to=to, source=source)


def _moved(money: Money, *, to: str, source: str) -> list[Line]:
    if money.amount <= 0:
        raise ValueError("the ledger writes positive amounts; the account says the direction")
    return balanced([Line(to, money), Line(source, -money)])


def totals(lines: Iterable[Line]) -> dict[tuple[str, str], int]:
    """Return the balance per (account, currency)."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for line in lines:
        sums[line.account, line.money.currency] += line.money.amount
    return dict(sums)


def balanced(lines: list[Line]) -> list[Line]:
    """Return the lines if they sum to zero in every currency. Raises Unbalanced otherwise, and for fewer than two lines."""
    sums: dict[str, int] = defaultdict(int)
    for line in lines:
        sums[line.money.currency] += line.money.amount
    if len(lines) < 2 or any(sums.values()):
        raise Unbalanced(dict(sums))
    return lines
