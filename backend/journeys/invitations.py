"""Invitations: what an e-mail about a visit carries for the reader's calendar (RFC 5546), made when the e-mail leaves.

Made then and not before: a visit that was cancelled or moved meanwhile is told as it is now, not as it was. E-mails are
read by others too: the invitation says that, when and where there is a visit, not with whom.
"""

from __future__ import annotations

from email.utils import parseaddr

from django.conf import settings

import booking.queries
from booking import ical
from core.errors import NotFound
from core.refs import Ref


def invitation(*, about: Ref, to: str, name: str, for_staff: bool) -> list[dict[str, str]]:
    """Give the invitation to a visit, or its withdrawal, as attachments; nothing for what is no visit."""
    if about.kind != "appointment":
        return []
    try:
        entry = booking.queries.discreet_entry_for(about.id, for_staff=for_staff)
    except NotFound:
        return []
    house_name, house_address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    method, content = ical.invitation(
        entry, organizer=ical.Party(house_name or "Lành", house_address), attendee=ical.Party(name or to, to)
    )
    return [
        {
            "name": "invite.ics" if method == "REQUEST" else "cancel.ics",
            "media_type": f"{ical.MEDIA_TYPE}; method={method}",
            "content": content.decode(),
        }
    ]
