"""What identity does: people and who acts for them, passes for live connections."""

from identity.actions.people import add_child, change_person, revoke_delegation
from identity.actions.tickets import issue_socket_ticket, redeem_socket_ticket

__all__ = ["add_child", "change_person", "issue_socket_ticket", "redeem_socket_ticket", "revoke_delegation"]
