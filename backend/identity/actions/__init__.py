"""What identity does: accounts, people and who acts for them, passes for live connections."""

from identity.actions.accounts import (
    account_for_phone,
    forget_unconfirmed_accounts,
    register_person,
    set_language,
    set_phone,
)
from identity.actions.clients import actor_of_token, issue_token, make_client, revoke_client
from identity.actions.devices import forget_device, register_device
from identity.actions.offering import put_contract, put_facility, put_practitioner, put_visit_type
from identity.actions.people import add_child, change_person, meet_person, revoke_delegation
from identity.actions.pilots import put_pilot
from identity.actions.prices import change_price
from identity.actions.stations import find_citizen, see_off, welcome
from identity.actions.tickets import issue_socket_ticket, redeem_socket_ticket

__all__ = [
    "account_for_phone",
    "actor_of_token",
    "add_child",
    "change_person",
    "change_price",
    "find_citizen",
    "forget_device",
    "forget_unconfirmed_accounts",
    "issue_socket_ticket",
    "issue_token",
    "make_client",
    "meet_person",
    "put_contract",
    "put_facility",
    "put_pilot",
    "put_practitioner",
    "put_visit_type",
    "redeem_socket_ticket",
    "register_device",
    "register_person",
    "revoke_client",
    "revoke_delegation",
    "see_off",
    "set_language",
    "set_phone",
    "welcome",
]
