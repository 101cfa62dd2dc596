"""Addresses of notifications: API, the inbox, and the demo's outbox."""

from django.urls import path

from notifications import api, pages

api_patterns = [
    path("notifications", api.Notifications.as_view(), name="notifications_list"),
    path("notifications/unread", api.Unread.as_view(), name="notifications_unread"),
    path("notifications/read", api.ReadAll.as_view(), name="notifications_read_all"),
    path("notifications/preferences", api.Preferences.as_view(), name="notifications_wishes"),
    path("notifications/<uuid:message_id>/read", api.Read.as_view(), name="notifications_read"),
]
page_patterns = [
    path("inbox/", pages.inbox, name="notifications_inbox"),
    path("inbox/read/", pages.read_all, name="notifications_inbox_read_all"),
    path("inbox/settings/", pages.preferences, name="notifications_preferences"),
    path("inbox/<uuid:message_id>/read/", pages.read, name="notifications_inbox_read"),
    path("demo/outbox/", pages.outbox, name="notifications_outbox"),
]
