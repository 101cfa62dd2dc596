"""`manage.py worker`: run jobs in a process of their own (start the web with WORKER=off)."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from django.core.management.base import BaseCommand

from runtime import worker


class Command(BaseCommand):
    help = "Run jobs until TERM or Ctrl-C; running ones get five seconds to finish."

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(self._work())

    async def _work(self) -> None:
        stop = asyncio.Event()
        for sign in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(sign, stop.set)
        self.stdout.write("Working. Ctrl-C stops.")
        await worker.work(stop)
