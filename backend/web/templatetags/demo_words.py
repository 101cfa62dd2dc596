"""Small helps of the cast page."""

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def given_name(full_name: str) -> str:
    """The name people are called by: the last two words, as Vietnamese given names often are, without titles."""
    words = [word for word in full_name.split() if not word.endswith(".") and not word.isupper() and "." not in word]
    return " ".join(words[-2:]) if len(words) > 3 else words[-1]


@register.filter
def at_key(values: Mapping[str, str], key: str) -> str:
    """The value under a key, or nothing."""
    return values.get(key, "")
