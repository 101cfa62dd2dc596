"""The citizen's own page: details, the people they act for, language, appearance."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from core.errors import Conflict, Invalid
from core.pages import actor_of, now
from identity import access as identity_access
from identity import actions as identity_actions
from identity.acting import memberships_of
from identity.models import User
from web.citizen.door import citizen_page
from web.citizen.forms import ChildForm, PersonForm

DETAILS = ("full_name", "born_on", "sex", "national_id", "insurance_number", "province_id", "commune", "address")


@citizen_page
def profile(request: HttpRequest) -> HttpResponse:
    """Everything about the account on one page."""
    actor = actor_of(request)
    assert isinstance(request.user, User) and actor.person_id is not None
    me = identity_access.get_person(actor, actor.person_id)
    context = {
        "me": me,
        "others": [one for one in identity_access.people_of(actor, "read") if one.id != me.id],
        "roles": memberships_of(request.user),
    }
    return render(request, "web/citizen/profile.html", context)


@citizen_page
def details(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Change the details of oneself or of somebody one acts for."""
    actor = actor_of(request)
    person = identity_access.get_person_to_change(actor, person_id)
    form = PersonForm(request.POST or None, initial={name: getattr(person, name) for name in DETAILS})
    if request.method == "POST" and form.is_valid():
        try:
            identity_actions.change_person(person_id=person_id, changes=form.cleaned_data, by=actor, now=now())
        except (Conflict, Invalid) as refusal:
            blame(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("web_profile")
    context = {"form": form, "person": person, "mine": person.id == actor.person_id}
    return render(request, "web/citizen/details.html", context, status=422 if form.errors else 200)


@citizen_page
def add_child(request: HttpRequest) -> HttpResponse:
    """Add a child the citizen acts for until it comes of age."""
    form = ChildForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        child = identity_actions.add_child(**form.cleaned_data, by=actor_of(request), now=now())
        messages.success(
            request, _("%(name)s was added. You can now book visits for them.") % {"name": child.full_name}
        )
        return redirect("web_profile")
    return render(request, "web/citizen/add_child.html", {"form": form}, status=422 if form.errors else 200)


def blame(form: Any, refusal: Conflict | Invalid) -> None:
    """Put a refusal beside the fields it names, or above the form."""
    named = {name: words for name, words in refusal.fields.items() if name in form.fields}
    for name, words in named.items():
        form.add_error(name, [str(word) for word in words])
    if not named:
        form.add_error(None, str(refusal.detail))
