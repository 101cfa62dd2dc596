"""manage.py prove_books: every transaction sums to zero, and the ledger is what the facts say. Ends with 1 when it is not."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.actor import Actor
from payments import actions


class Command(BaseCommand):
    help = "Prove the ledger: balanced in every transaction, and the same as replayed from payments, refunds, cash and credits."

    def handle(self, *args: Any, **options: Any) -> None:
        """Prove, keep the result, and say it."""
        proof = actions.prove_books(by=Actor.system("prove_books"), now=timezone.now())
        for problem in proof.problems:
            self.stderr.write(json.dumps(problem, ensure_ascii=False))
        if not proof.is_sound:
            raise CommandError(f"{len(proof.problems)} problems")
        self.stdout.write(f"{proof.entries} entries in {proof.accounts} accounts are proven ({proof.took_ms} ms)")
