"""The addresses of our sockets."""

from typing import Any

from django.urls import path

from realtime.consumers import BoardConsumer, MeConsumer, NowhereConsumer, RoomConsumer

websocket_patterns: list[Any] = [
    path("ws/v1/rooms/<uuid:room_id>", RoomConsumer.as_asgi()),
    path("ws/v1/board", BoardConsumer.as_asgi()),
    path("ws/v1/me", MeConsumer.as_asgi()),
    path("<path:rest>", NowhereConsumer.as_asgi()),
]
