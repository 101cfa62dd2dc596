"""The verbs of rooms and of live news."""

from realtime.actions.news import disconnect_user, forget_old_news, publish
from realtime.actions.presence import arrive, depart, keep_alive, notice_the_silent
from realtime.actions.rooms import Joined, close_room, join, leave, let_in, open_room, remove, say, show

__all__ = [
    "Joined",
    "arrive",
    "close_room",
    "depart",
    "disconnect_user",
    "forget_old_news",
    "join",
    "keep_alive",
    "leave",
    "let_in",
    "notice_the_silent",
    "open_room",
    "publish",
    "remove",
    "say",
    "show",
]
