"""Let a doctor sign with a key on a token or at a signing service: `lanh.py manage enrol_signing_key LICENCE KEEPER KEY`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.actor import Actor
from core.edge import now
from core.errors import DomainError
from prescriptions import actions


class Command(BaseCommand):
    help = "Let a doctor sign with a key on a token or at a signing service (settings.SIGNING_KEEPERS)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("licence", help="the doctor's licence number, for example 009999/HNO-GPHN")
        parser.add_argument("keeper", help="a name in SIGNING_KEEPERS")
        parser.add_argument("key", help="label of the key on the token, or credential at the service")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = actions.enrol_key(
                licence=options["licence"],
                keeper=options["keeper"],
                keeper_key=options["key"],
                by=Actor.system("enrol"),
                now=now(),
            )
        except DomainError as error:
            raise CommandError(str(error.detail)) from error
        self.stdout.write(f"{made.practitioner}: {made.kid}")
