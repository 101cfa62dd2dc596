"""HTTP and web sockets under an ASGI server (Daphne)."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
http = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402  (Django must be ready first)

from realtime.origins import OwnPagesOnly  # noqa: E402
from realtime.routing import websocket_patterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": http,
        # A page of another site must not open our sockets (cross-site web socket hijacking).
        "websocket": OwnPagesOnly(URLRouter(websocket_patterns)),
    }
)
