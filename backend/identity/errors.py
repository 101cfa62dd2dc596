"""What identity refuses."""

from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, Invalid, NotAllowed, NotSignedIn, TooMany


class BadTicket(NotAllowed):
    code = "bad_ticket"
    message = _("This pass for a live connection is wrong, used or too old.")


class SecondFactorNeeded(NotAllowed):
    code = "second_factor_needed"
    message = _("Please confirm your sign-in with the second step first.")


class AlreadyActingFor(Conflict):
    code = "already_acting_for"
    message = _("You already act for this person.")


class NotAMember(NotAllowed):
    code = "not_a_member"
    message = _("You do not hold this role.")


class BadNationalId(Invalid):
    code = "bad_national_id"
    message = _("A personal identification number has 12 digits.")


class TooManyPeople(Conflict):
    code = "too_many_people"
    message = _("You act for many people already. Please ask us if you need more.")


class BadClient(NotSignedIn):
    code = "invalid_client"
    message = _("This system is not known here, its secret is wrong, or it was shut out.")


class BadScope(Invalid):
    code = "invalid_scope"
    message = _("This system may not do that.")


class BadPrice(Invalid):
    code = "bad_price"
    message = _("A price is a whole number from 0, and only for ways in which this visit is held.")


class TooManySearches(TooMany):
    code = "too_many_searches"
    message = _("You searched for very many people within an hour. Please wait a little, or call your hospital.")
