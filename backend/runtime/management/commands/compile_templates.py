"""`manage.py compile_templates`: read every template of ours, so that a typing error is found before a citizen finds it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template import Engine, TemplateSyntaxError
from django.template.loader import get_template

from runtime import folders


class Command(BaseCommand):
    help = "Compile every template of our apps."

    def handle(self, *args: Any, **options: Any) -> None:
        broken: list[str] = []
        count = 0
        for path in folders.files_of_packages("templates/**/*.*"):
            inside = path.relative_to(folders.CHECKOUT).as_posix().split("/templates/", 1)[1]
            count += 1
            try:
                get_template(inside)
            except TemplateSyntaxError as error:
                broken.append(f"{path.relative_to(folders.CHECKOUT)}: {error}")
        engine = Engine(libraries={"lanh": "web.templatetags.lanh"}, builtins=["web.templatetags.lanh"])
        # Words of messages lie beside their kind, outside any templates folder.
        for path in folders.files_of_packages("messages/**/*.txt", "messages/**/*.html"):
            count += 1
            try:
                engine.from_string(path.read_text(encoding="utf-8"))
            except TemplateSyntaxError as error:
                broken.append(f"{path.relative_to(folders.CHECKOUT)}: {error}")
        if broken:
            raise CommandError("\n".join(broken))
        self.stdout.write(f"{count} templates are well-formed.")
