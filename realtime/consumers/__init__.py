"""The doors of the sockets: a ticket at the door, frames in, frames out."""

from realtime.consumers.base import NowhereConsumer
from realtime.consumers.board import BoardConsumer
from realtime.consumers.me import MeConsumer
from realtime.consumers.room import RoomConsumer

__all__ = ["BoardConsumer", "MeConsumer", "NowhereConsumer", "RoomConsumer"]
