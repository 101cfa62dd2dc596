"""What identity does: accounts, people and who acts for them, passes for live connections."""

from identity.actions.accounts import (
    account_for_phone,
    forget_unconfirmed_accounts,
    register_person,
    set_language,
    set_phone,
)
from identity.actions.devices import forget_device, register_device
from identity.actions.people import add_child, change_person, revoke_delegation
from identity.actions.tickets import issue_socket_ticket, redeem_socket_ticket

__all__ = [
    "account_for_phone",
    "add_child",
    "change_person",
    "forget_device",
    "forget_unconfirmed_accounts",
    "issue_socket_ticket",
    "redeem_socket_ticket",
    "register_device",
    "register_person",
    "revoke_delegation",
    "set_language",
    "set_phone",
]
