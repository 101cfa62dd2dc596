"""E-mail, through Django's own mail; settings.EMAIL_BACKEND says where it goes."""

from __future__ import annotations

from collections.abc import Sequence
from email.mime.application import MIMEApplication
from email.mime.base import MIMEBase
from email.mime.text import MIMEText
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from identity.models import User
from notifications.errors import CarrierUnavailable
from notifications.models import Attempt
from notifications.words import Attachment, Letter

KEY_HEADER = "X-Lanh-Message"


class Email:
    """A plain letter; its key becomes the Message-ID, so that a repeated try can be recognised."""

    def address_of(self, user: User) -> str:
        return user.email or ""

    def carry(self, letter: Letter) -> str:
        host = settings.PUBLIC_URL.split("://")[-1].split(":")[0]
        headers = {KEY_HEADER: letter.key, "Message-ID": f"<{letter.key}@{host}>"}
        message = EmailMessage(letter.subject, letter.body, to=[letter.to], headers=headers)
        for one in letter.attachments:
            message.attach(_part_of(one))
        try:
            message.send()
        except (OSError, SMTPException) as error:
            raise CarrierUnavailable() from error
        return headers["Message-ID"]


def _part_of(attachment: Attachment) -> MIMEBase:
    """Give a MIME part with its parameters in its own header, as `text/calendar; method=REQUEST` must have."""
    media_type, *parameters = [one.strip() for one in attachment.media_type.split(";")]
    kind, _, name = media_type.partition("/")
    part = MIMEText(attachment.content, name, "utf-8") if kind == "text" else MIMEApplication(attachment.content, name)
    for one in parameters:
        key, _, value = one.partition("=")
        part.set_param(key, value)
    part.add_header("Content-Disposition", "attachment", filename=attachment.name)
    return part


class OutboxBackend(BaseEmailBackend):
    """The demo's mail: nothing leaves. Our own letters are attempts already; those of others (sign-in) become one here."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            if KEY_HEADER in message.extra_headers:
                continue
            for address in message.recipients():
                Attempt.objects.create(
                    kind="mail",
                    carrier="email",
                    to=address[:254],
                    subject=str(message.subject)[:200],
                    body=str(message.body),
                    status=Attempt.Status.SENT,
                    sent_at=timezone.now(),
                )
        return len(email_messages)
