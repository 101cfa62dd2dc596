"""Words for figures: `{{ words|word:one.step }}`."""

from __future__ import annotations

from django import template

from realtime.evidence import Link
from realtime.words import facts_in_words

register = template.Library()


@register.filter
def word(words: dict[str, str], key: str) -> str:
    """Give the word for a key, or a dash where nothing is known."""
    return words.get(key, "–")


@register.filter
def details(link: Link, words: dict[str, str]) -> list[str]:
    """Give the facts of a row of evidence in words, without those that say who."""
    return facts_in_words(link, words)
