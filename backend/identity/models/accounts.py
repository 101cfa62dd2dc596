"""Accounts: what one signs in with. A citizen has a phone, staff an e-mail address; either may have both."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Entity


class UserManager(BaseUserManager["User"]):
    """Makes accounts; empty addresses become NULL, because two people without one are not the same person."""

    def create_user(
        self, email: str | None = None, phone: str | None = None, password: str | None = None, **extra: Any
    ) -> User:
        user = self.model(email=self.normalize_email(email) if email else None, phone=phone or None, **extra)
        user.set_password(password) if password else user.set_unusable_password()
        user.save()
        return user

    def create_superuser(self, email: str, password: str, **extra: Any) -> User:
        return self.create_user(email, password=password, is_staff=True, is_superuser=True, **extra)


class User(Entity, AbstractBaseUser, PermissionsMixin):
    """An account. What it may do follows from its Person and its Memberships, never from the account itself."""

    class Language(models.TextChoices):
        VI = "vi", "Tiếng Việt"
        EN = "en", "English"

    class Theme(models.TextChoices):
        AUTO = "auto", _("as the device")
        LIGHT = "light", _("light")
        DARK = "dark", _("dark")

    email = models.EmailField(_("e-mail"), unique=True, null=True, blank=True)
    phone = models.CharField(_("phone"), max_length=16, unique=True, null=True, blank=True)  # E.164
    phone_verified = models.BooleanField(default=False)
    name = models.CharField(_("name"), max_length=120, blank=True)
    language = models.CharField(max_length=2, choices=Language.choices, default=Language.VI)
    theme = models.CharField(max_length=5, choices=Theme.choices, default=Theme.AUTO)
    is_staff = models.BooleanField(default=False)  # may open /admin/; says nothing about clinical roles
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(email=""), name="user_email_null_not_empty"),
            models.CheckConstraint(condition=~Q(phone=""), name="user_phone_null_not_empty"),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        # The sign-in library stores "" for a missing address; the second such user would break the unique column.
        self.email = self.email or None
        self.phone = self.phone or None
        super().save(*args, **kwargs)

    def __str__(self) -> str:
        return self.name or self.email or self.phone or str(self.id)


class SocketTicket(Entity):
    """A one-time pass for one web socket: 30 seconds, one use, one scope; only its hash is kept."""

    ticket_hash = models.CharField(max_length=64, unique=True)
    scope = models.CharField(max_length=80)
    actor = models.JSONField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class Device(Entity):
    """A phone or browser that may be woken by a push message. A token belongs to whoever registered it last."""

    class Platform(models.TextChoices):
        ANDROID = "android", "Android"
        IOS = "ios", "iOS"
        WEB = "web", "Web"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="devices")
    platform = models.CharField(max_length=8, choices=Platform.choices)
    token = models.CharField(max_length=512, unique=True)
    seen_at = models.DateTimeField()
