"""A pass lets a page nobody signed in to hear a bell: signed by whoever may show the page, good for a minute, for listening only."""

from collections.abc import Iterable

from django.core import signing

SALT = "realtime.board"
GOOD_FOR_S = 60


def make_pass(topics: Iterable[str]) -> str:
    """Sign the topics a page may listen to."""
    return signing.dumps(sorted(topics), salt=SALT)


def topics_of(text: str) -> list[str] | None:
    """Read a pass; None when it is not ours, or too old."""
    try:
        topics = signing.loads(text, salt=SALT, max_age=GOOD_FOR_S)
    except signing.BadSignature:
        return None
    return [str(topic) for topic in topics]
