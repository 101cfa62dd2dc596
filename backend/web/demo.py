"""/demo/: who is who, and one click to be them. Exists only where settings.DEMO says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from core.pages import page
from identity import sign_in
from identity.models import Practitioner, User
from identity.phone import spoken
from web.portraits import Look, portrait

PASSWORD = "chao-ban-lanh-2026"
HOME = "/"


@dataclass(frozen=True)
class Member:
    """One of the cast: how they sign in, where they land, what they are there for."""

    key: str
    name: str
    role: Promise
    about: Promise
    landing: str
    look: Look = field(repr=False)
    phone: str = ""
    email: str = ""
    secret: str = ""

    @property
    def spoken_phone(self) -> str:
        """The phone number as people say it."""
        return spoken(self.phone) if self.phone else ""


CAST = (
    Member(
        "ana", "Nguyễn Thị Minh Anh", _("Citizen and mother"),
        _("Lives in Hà Nội, looks after her health and that of her five-year-old daughter Gia Hân. Allergic to penicillin."),
        HOME, Look("long", "#2a1f1c", "#f3cfab", "shirt", "#c96f4a", "#fbe9da"), phone="+84900000001",
    ),
    Member(
        "ben", "BS.CKII Trần Đức Bình", _("Doctor on duty"),
        _("Internal medicine at Sông Hồng hospital. Sees people by video, day and night, and writes their prescriptions."),
        "/doctor/", Look("short", "#3a3330", "#eabf94", "white", "#0a6a5b", "#dcefe8", glasses=True),
        email="binh@demo.lanh.vn", secret="LANHDEMOBINHAAAAAAAAAAAAAAAAAAAA",
    ),
    Member(
        "cara", "DS. Phạm Thu Cúc", _("Pharmacist"),
        _("Behind the counter of Bình Minh pharmacy in Hàng Bông street. Reads a code, checks, hands out."),
        "/pharmacy/", Look("bob", "#231b18", "#f0c8a0", "apron", "#1b5488", "#e1eef9"),
        email="cuc@demo.lanh.vn", secret="LANHDEMOCUCAAAAAAAAAAAAAAAAAAAAA",
    ),
    Member(
        "dan", "Hoàng Văn Dân", _("Hospital desk"),
        _("Keeps the doctors' hours at Sông Hồng hospital, and sees who comes when. No word of what they come for."),
        "/hospital/", Look("side", "#1f1917", "#e3b689", "jacket", "#37474f", "#ece7f3"),
        email="dan@demo.lanh.vn", secret="LANHDEMODANAAAAAAAAAAAAAAAAAAAAA",
    ),
    Member(
        "eve", "Vũ Hoàng Yến", _("Another citizen"),
        _("Lives in Đà Nẵng and is curious. Whatever link she follows, she finds her own things and nobody else's."),
        HOME, Look("bun", "#40302a", "#eec39b", "shirt", "#7d4a8a", "#f3e3f0"), phone="+84900000002",
    ),
    Member(
        "giang", "ĐD. Giàng Thị Mỷ", _("Nurse at a commune's health station"),
        _("Up in Bản Mây, a day's ride from the next hospital. Sits beside the patient, measures, and asks the doctor in the city."),
        "/station/", Look("bun", "#1d1715", "#e6b98d", "white", "#8a3b4a", "#f6e6e4"),
        email="my@demo.lanh.vn", secret="LANHDEMOMYAAAAAAAAAAAAAAAAAAAAAA",
    ),
    Member(
        "moh", "Trịnh Minh Hà", _("Ministry of Health"),
        _("Looks at the whole country's prescribing: how much, of what, for which diseases. Sums only, never a person."),
        "/ministry/", Look("bob", "#2a2320", "#f1caa2", "jacket", "#5a3f7a", "#ece6f5", glasses=True),
        email="ha@demo.lanh.vn", secret="LANHDEMOHAAAAAAAAAAAAAAAAAAAAAAA",
    ),
    Member(
        "hai", "Lương Quốc Hải", _("Operator"),
        _("Runs the house: lists of medicines, rules of the safety check. Sees sums, and no word about anybody's health."),
        "/operator/drugs/", Look("short", "#1d1917", "#e4b88c", "shirt", "#3d5a45", "#e4efe6"),
        email="hai@demo.lanh.vn", secret="LANHDEMOHAIAAAAAAAAAAAAAAAAAAAAA",
    ),
)  # fmt: skip
BY_KEY = {member.key: member for member in CAST}


@dataclass(frozen=True)
class Step:
    """A step of the story: who takes it, what they do, where."""

    who: Member
    title: Promise
    text: Promise
    where: str


def _steps() -> list[Step]:
    doctor = Practitioner.objects.filter(user__email=BY_KEY["ben"].email).values_list("id", flat=True).first()
    ana, ben, cara, dan, eve, giang, ministry, _operator = CAST
    return [
        Step(
            ana,
            _("Find a free time, hold it, pay"),
            _(
                "Choose “visit right away” with Dr Bình. The place is hers while the clock runs; the sandbox bank takes no real money."
            ),
            f"/doctors/{doctor}/" if doctor else "/find/",
        ),
        Step(
            ana,
            _("Wait in the waiting room"),
            _("The visit opens a quarter of an hour before its time. Camera and microphone are checked there."),
            "/appointments/",
        ),
        Step(
            ben,
            _("Let her in and speak"),
            _("He sees who waits, opens the door, writes the note beside the picture, signs a prescription."),
            "/doctor/",
        ),
        Step(
            ana,
            _("Choose a pharmacy"),
            _(
                "The prescription is on her phone with its code. She sends it to Bình Minh pharmacy, or shows it anywhere."
            ),
            "/prescriptions/",
        ),
        Step(
            cara,
            _("Hand out the medicines"),
            _(
                "She types the code, sees what to give, writes down the lot. Nobody else can take the same medicines again."
            ),
            "/pharmacy/",
        ),
        Step(
            ana,
            _("Find everything in the record"),
            _("Visit, prescription, medicines: and a line for each person who looked at it."),
            "/record/",
        ),
        Step(
            dan,
            _("Change the doctors' hours"),
            _("A week at a glance: rules, days off, extra hours. What was agreed with patients stays agreed."),
            "/hospital/",
        ),
        Step(
            giang,
            _("Sit beside the patient and measure"),
            _(
                "Giàng A Páo is at her station. She enters the room with him; what she measures stands before Dr Bình at once."
            ),
            "/station/",
        ),
        Step(
            ministry,
            _("See a year of prescribing"),
            _(
                "By province, disease and medicine; numbers below five stay hidden. After the first start the year fills up within minutes."
            ),
            "/ministry/statistics/",
        ),
        Step(
            eve,
            _("Try to look at somebody else"),
            _("Follow any link of the others as Hoàng Yến: the house answers as if it did not exist."),
            "/record/",
        ),
    ]


def _require_demo() -> None:
    if not settings.DEMO:
        raise Http404


@require_safe
@page(roles=())
def cast(request: HttpRequest) -> HttpResponse:
    """The cast, and their story in steps."""
    _require_demo()
    known = set(User.objects.filter(email__in=[one.email for one in CAST if one.email]).values_list("email", flat=True))
    known |= set(
        User.objects.filter(phone__in=[one.phone for one in CAST if one.phone]).values_list("phone", flat=True)
    )
    context: dict[str, Any] = {
        "cast": [one for one in CAST if (one.phone or one.email) in known],
        "steps": _steps() if known else [],
        "password": PASSWORD,
        "here": _who(request),
        "codes": {one.key: sign_in.current_code(one.secret) for one in CAST if one.secret},
    }
    response = render(request, "web/demo/cast.html", context)
    response.headers["Cache-Control"] = "no-store"  # the codes change every half minute
    return response


def _who(request: HttpRequest) -> Member | None:
    user = request.user
    if not isinstance(user, User):
        return None
    return next(
        (one for one in CAST if user.email == (one.email or None) and (one.email or user.phone == one.phone)), None
    )


@require_POST
@page(roles=())
def enter(request: HttpRequest) -> HttpResponse:
    """Be one of the cast from now on in this browser."""
    _require_demo()
    member = BY_KEY.get(request.POST.get("who", ""))
    if member is None:
        raise Http404
    wanted = {"email": member.email} if member.email else {"phone": member.phone}
    user = User.objects.filter(**wanted, is_active=True).first()
    if user is None:
        raise Http404
    logout(request)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session["demo_sign_in"] = True  # stands for the second step, in the demo alone
    where = request.POST.get("next", "")
    safe = where.startswith("/") and url_has_allowed_host_and_scheme(
        where, {request.get_host()}, require_https=request.is_secure()
    )
    return redirect(where if where and safe else member.landing)


@require_safe
@cache_control(max_age=86400, public=True)
def face(request: HttpRequest, key: str) -> HttpResponse:
    """A portrait of the cast."""
    _require_demo()
    if key not in BY_KEY:
        raise Http404
    return HttpResponse(portrait(BY_KEY[key].look), content_type="image/svg+xml")


demo_patterns = [
    path("demo/", cast, name="demo_cast"),
    path("demo/enter/", enter, name="demo_enter"),
    path("demo/faces/<slug:key>.svg", face, name="demo_face"),
]
