"""What the import graph cannot see of the house's rules."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.functional import Promise

from core.api import ApiView
from core.errors import DomainError
from runtime import folders

FIVE = {"booking", "prescriptions", "payments", "notifications", "realtime"}
DOORS = ("api", "pages", "consumers", "webhooks", "tasks")
LARGEST = 400_000  # bytes; larger tables are imported, never committed


def sources(*patterns: str) -> list[Path]:
    return [path for path in folders.files_of_packages(*patterns) if "/migrations/" not in path.as_posix()]


def where(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(folders.CHECKOUT)}:{getattr(node, 'lineno', '?')}"


def calls_of(path: Path, names: set[str]) -> Iterator[ast.Attribute]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and node.attr in names:
            yield node


def test_nobody_fetches_a_model_by_name_behind_the_graphs_back() -> None:
    assert [where(path, node) for path in sources("**/*.py") for node in calls_of(path, {"get_model"})] == []


def test_foreign_keys_point_down_never_sideways() -> None:
    sideways = [
        f"{model.__name__}.{field.name}"
        for name in FIVE
        for model in apps.get_app_config(name).get_models()
        for field in model._meta.get_fields()
        if field.is_relation and field.related_model and field.related_model._meta.app_label in FIVE - {name}
    ]
    assert sideways == []


def test_doors_ask_actions_and_queries_and_touch_no_rows() -> None:
    doors = sources(*(f"{door}.py" for door in DOORS), *(f"{door}/*.py" for door in DOORS))
    doors = [
        path for path in doors if not path.is_relative_to(folders.CHECKOUT / "backend" / "core")
    ]  # the frame itself
    assert doors
    touched = [
        where(path, node)
        for path in doors
        for node in calls_of(path, {"objects", "save", "bulk_create"})
        if not ast.unparse(node.value).endswith("session")  # a browser's session is the door's own
    ]
    assert touched == []


def views(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, type]]:
    for pattern in (resolver or get_resolver()).url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from views(pattern, path)
        elif isinstance(pattern, URLPattern):
            cls = getattr(pattern.callback, "cls", None) or getattr(pattern.callback, "view_class", None)
            yield path, cls or type(pattern.callback)


def test_every_view_of_the_api_says_who_may_try() -> None:
    ours = [(path, cls) for path, cls in views() if path.startswith(("api/v1/", "fhir/R4/"))]
    assert ours
    silent = [
        path for path, cls in ours if not issubclass(cls, ApiView) or not any("access" in vars(k) for k in _own(cls))
    ]
    assert silent == []


def _own(cls: type) -> list[type]:
    return [k for k in inspect.getmro(cls) if issubclass(k, ApiView) and k is not ApiView]


def all_errors(kind: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for error in kind.__subclasses__():
        yield error
        yield from all_errors(error)


def test_every_refusal_has_its_own_code_and_words_for_people() -> None:
    errors = [error for error in all_errors() if not error.__module__.startswith("tests.")]
    assert errors
    speechless = [
        e.__qualname__ for e in errors if "code" not in vars(e) or not isinstance(vars(e).get("message"), Promise)
    ]
    assert speechless == []
    badly_named = [error.code for error in errors if not re.fullmatch(r"[a-z][a-z0-9_]*", error.code)]
    assert badly_named == []
    codes = [error.code for error in errors]
    assert sorted({code for code in codes if codes.count(code) > 1}) == []


def templates() -> list[Path]:
    return sources("templates/**/*.html")


@pytest.mark.parametrize(
    "what",
    [
        r"<script(?![^>]*\bsrc=)[^>]*>",
        r"<style\b",
        r"<[^>]*\sstyle\s*=",
        r"<[^>]*\son[a-z]+\s*=\s*[\"']",
        r"javascript:",
        r"(?:src|href)\s*=\s*[\"'](?:https?:)?//",
    ],
    ids=[
        "inline script",
        "inline style sheet",
        "style attribute",
        "handler attribute",
        "script address",
        "foreign file",
    ],
)
def test_templates_hold_nothing_that_the_policy_forbids(what: str) -> None:
    found = [
        f"{path.relative_to(folders.CHECKOUT)}: {match[0][:80]}"
        for path in templates()
        for match in re.finditer(what, path.read_text(), re.I)
        if not re.search(r"<a\b|data-", match[0])
    ]
    assert found == []


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=folders.CHECKOUT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := folders.CHECKOUT / name).is_file()]


def test_no_large_tables_are_committed() -> None:
    assert [path.name for path in tracked_files() if path.stat().st_size > LARGEST and path.suffix != ".lock"] == []


def test_the_locks_name_no_host_and_the_code_no_machine() -> None:
    for lock in folders.CHECKOUT.glob("*.lock"):
        assert "://" not in lock.read_text()


def test_fhir_is_read_as_r4_never_as_the_packages_default() -> None:
    """The plain import of fhir.resources is R5: R4 data would lose fields without a word."""
    wrong = [
        where(path, node)
        for path in sources("**/*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("fhir.resources")
        and not (node.module or "").startswith("fhir.resources.R4B") and [alias.name for alias in node.names] != ["R4B"]
    ]  # fmt: skip
    assert wrong == []
