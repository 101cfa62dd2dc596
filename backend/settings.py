"""The composition root. Grouped by app in the order of the tree; every seam between apps is a list of dotted paths here."""

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ

import env

ROOT = Path(__file__).resolve().parent.parent
for _folder in (ROOT, ROOT / "backend"):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

# --- how it runs ------------------------------------------------------------------------------------------------
PRODUCTION = env.PRODUCTION
DEBUG = env.bool_("DEBUG", False)
DEMO = env.bool_("DEMO", not PRODUCTION)  # the cast, the outbox page, one-click sign-in
SECRET_KEY = env.secret("SECRET_KEY")
PUBLIC_URL = env.public_url("http://localhost:8000", demo=DEMO)
ALLOWED_HOSTS = env.list_(
    "ALLOWED_HOSTS",
    [urlsplit(PUBLIC_URL).hostname or ""] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]", "testserver"],
)
CSRF_FAILURE_VIEW = "web.errors.stale_form"
CSRF_TRUSTED_ORIGINS = env.list_("CSRF_TRUSTED_ORIGINS", [PUBLIC_URL] if PUBLIC_URL.startswith("https") else [])
ROOT_URLCONF = "urls"
WSGI_APPLICATION = "wsgi.application"
ASGI_APPLICATION = "asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "identity",  # before allauth: its templates are ours
    "web",
    "core",
    "audit",
    "records",
    "journeys",
    "booking",
    "prescriptions",
    "payments",
    "notifications",
    "realtime",
    "runtime",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "channels",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.headless",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_prometheus",
    "csp",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "web.middleware.PermissionsPolicy",
    "django.middleware.http.ConditionalGetMiddleware",
    "identity.middleware.OneTryAtATime",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "web.middleware.ReaderLanguage",
    "web.middleware.Readable",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "identity.middleware.WhoIsThis",
    "web.middleware.NoStore",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- data -------------------------------------------------------------------------------------------------------
DATABASES: dict[str, Any] = {
    "default": environ.Env.db_url_config(env.str_("DATABASE_URL", "postgres:///lanh")),
}
DATABASES["default"]["CONN_MAX_AGE"] = 0  # under ASGI each request has its own thread; the pool keeps the connections
DATABASES["default"].setdefault("OPTIONS", {})
# The hot statements (core.rounds) keep their plan; PgBouncer before 1.21 knows no prepared statements: 0 there.
DATABASES["default"]["OPTIONS"]["prepare_threshold"] = 5 if env.bool_("DATABASE_PREPARE", True) else None
if env.bool_("DATABASE_POOL", True):
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 2,
        "max_size": env.int_("DATABASE_POOL_SIZE", 20),
        "timeout": 5,
    }
REDIS_URL = env.str_("REDIS_URL")  # empty: one process, memory only
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"

# --- words and times --------------------------------------------------------------------------------------------
LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"
LANGUAGE_COOKIE_NAME = "language"

# --- files ------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str_("STATIC_ROOT") or env.state_folder() / "static")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "web.storage.HashedStatic"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage",
    },
    # Files of visits, each sealed before it gets there; another backend (S3) takes its options as JSON.
    "files": {
        "BACKEND": env.str_("FILES_BACKEND") or "django.core.files.storage.FileSystemStorage",
        "OPTIONS": json.loads(env.str_("FILES_OPTIONS"))
        if env.str_("FILES_OPTIONS")
        else {
            "location": str(env.state_folder() / "files"),
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
}
# A host of its own for what people sent in ("https://files.example.vn"): it gets no cookie of ours. Empty: a path of this one.
FILES_URL = env.str_("FILES_URL").rstrip("/")
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = not PRODUCTION

# --- security ---------------------------------------------------------------------------------------------------
_https = PUBLIC_URL.startswith("https://")
SECURE_SSL_REDIRECT = _https and PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
SECURE_HSTS_PRELOAD = _https
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _https
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(timedelta(days=30).total_seconds())
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:", *([FILES_URL] if FILES_URL else [])],
        "media-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'", *env.list_("PAYMENT_ORIGINS")],  # and the gateways' pages, below
        "frame-ancestors": ["'none'"],
    }
}

# --- core -------------------------------------------------------------------------------------------------------
ACTOR_OF = "identity.acting.actor_of"
REF_PAGES = {  # where a citizen reads about a thing
    "appointment": "/appointments/{id}/",
    "series": "/appointments/series/{id}/",
    "block": "/booking-blocks/{id}/",
    "prescription": "/prescriptions/{id}/",
    "payment": "/payments/{id}/",
    "invoice": "/invoices/{id}/",
    "receipt": "/receipts/{id}/",
    "offer": "/waiting-list/offers/{id}/",
    "waitingentry": "/waiting-list/",
    "leavecase": "/leave-cases/{id}/",
    "cutshort": "/too-short/{id}/",
    "ask": "/now/{id}/",
    "practitioner": "/doctors/{id}/",
}
JOURNEYS = [
    "journeys.consultation",
    "journeys.moving",
    "journeys.absence",
    "journeys.cut_short",
    "journeys.handing",
    "journeys.evidence",
    "journeys.series",
    "journeys.waiting",
    "journeys.urgent",
    "journeys.leaves",
    "journeys.queueing",
    "journeys.offering",
    "journeys.hooks",
    "journeys.reminding",
    "journeys.prescription",
    "journeys.asking",
    "journeys.counter",
    "journeys.telling",
    "journeys.payers",
    "journeys.tills",
    "journeys.guests",
    "journeys.billing",
]

# Web hooks and followed calendars inside the own network, and over plain http: for development, or a house of its own.
OUTBOUND_PRIVATE_ALLOWED = env.bool_("OUTBOUND_PRIVATE_ALLOWED", not PRODUCTION)
METRICS_TOKEN = env.str_("METRICS_TOKEN")  # who reads /metrics says it; in production without one, nobody reads

# --- interfaces -------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "identity.authentication.SystemToken",
        "identity.authentication.Token",
        "identity.authentication.Browser",
    ],
    "DEFAULT_PERMISSION_CLASSES": [],  # every view names its roles itself (core.api.views)
    "DEFAULT_PARSER_CLASSES": ["core.rest.parsing.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "core.rest.schema.ProblemSchema",
    "EXCEPTION_HANDLER": "core.rest.problems.handle",
    "DATETIME_FORMAT": "iso-8601",
    "URL_FORMAT_OVERRIDE": None,  # the Accept header says it; ?format= would be a second, undocumented way
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Lành",
    "DESCRIPTION": "Telemedicine and citizen health for Vietnam: the public contract.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "AppointmentMode": "booking.models.Appointment.Mode",
        "AppointmentStatus": "booking.models.Status",
        "ClosureKind": "booking.models.Closure.Kind",
        "CutShortStatus": "booking.models.CutShort.Status",
        "DeviceFound": "realtime.evidence_api.FOUND",
        "EncounterStatus": "records.models.Encounter.Status",
        "EvidenceKind": "realtime.evidence.KINDS",
        "FacilityKind": "identity.models.Facility.Kind",
        "FindingKind": "prescriptions.api.answers.FINDINGS",
        "MessageKind": "notifications.api.CODES",
        "NotDispensedReason": "prescriptions.choices.NotDispensedReason",
        "OverrideReason": "prescriptions.choices.OverrideReason",
        "InvoiceKind": "payments.models.Invoice.Kind",
        "InvoiceStatus": "payments.models.Invoice.Status",
        "PaymentStatus": "payments.models.Payment.Status",
        "PriceCategory": "payments.models.Category",
        "ReceiptKind": "payments.models.Receipt.Kind",
        "PrescriptionCancelReason": "prescriptions.choices.CancelReason",
        "PrescriptionKind": "prescriptions.models.Prescription.Kind",
        "PrescriptionStatus": "prescriptions.models.Prescription.Status",
        "RecordingStatus": "realtime.models.Recording.Status",
        "RefundStatus": "payments.models.Refund.Status",
        "ReturnReason": "prescriptions.choices.ReturnReason",
        "InquiryEnding": "prescriptions.api.asking.INQUIRY_ENDINGS",
        "PharmacySaid": "prescriptions.models.PharmacyAnswer.Said",
        "ReservationEnding": "prescriptions.api.asking.RESERVATION_ENDINGS",
        "InviteKind": "realtime.models.Invite.Kind",
        "InviteStatus": "realtime.guest_api.STATUSES",
        "RoomStatus": "realtime.models.Room.Status",
        "SeatState": "realtime.models.Seat.State",
        "SubstitutionReason": "prescriptions.choices.SubstitutionReason",
        "VisitFileKind": "realtime.models.VisitFile.Kind",
        "BlockStatus": "booking.models.Block.Status",
        "ImportStatus": "booking.models.ImportRun.Status",
        "LeaveCaseStatus": "booking.models.LeaveCase.Status",
        "LeaveStatus": "booking.models.Leave.Status",
        "NoShowSide": "booking.models.Appointment.NoShowBy",
        "OfferStatus": "booking.models.Offer.Status",
        "PersonSex": "identity.models.Person.Sex",
        "RemoteWishStatus": "booking.models.RemoteWish.Status",
        "TicketPriority": "booking.models.Ticket.Priority",
        "TicketStatus": "booking.models.Ticket.Status",
        "UrgentAskStatus": "booking.models.UrgentAsk.Status",
        "WaitingStatus": "booking.models.WaitingEntry.Status",
        "VisitMode": "identity.models.VisitType.MODES",
        "MeasureUnit": "prescriptions.choices.Unit",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.rest.schema.add_problem",
    ],
}

# --- identity ---------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/sign-in/"
STAFF_LOGIN_URL = "/staff/sign-in/"
LOGIN_REDIRECT_URL = "/"
IDENTITY_REMEMBERED_SECONDS = 1.5  # who a token stands for; whoever is shut out elsewhere is out within two
CARE_RELATION = "records.access.cares_for"
SIGN_IN_CODE_SENDER = "notifications.actions.send_sign_in_code"
ACCOUNT_ADAPTER = "identity.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"phone", "email"}
ACCOUNT_SIGNUP_FIELDS = ["phone*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 300
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_PHONE_VERIFICATION_MAX_ATTEMPTS = 5
ACCOUNT_PHONE_VERIFICATION_TIMEOUT = 300
ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {  # per number and per address; a clinic's whole waiting room may share one address
    "verify_phone": "3/m/key,20/h/key,60/m/ip",
    "request_login_code": "3/m/key,20/h/key,60/m/ip",
    "signup": "60/m/ip",
    "login": "60/m/ip",
    "client_token": "30/m/key,120/m/ip",
}
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int_("TRUSTED_PROXY_COUNT", 0)
MFA_ADAPTER = "identity.adapters.SecondStepAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Lành"
MFA_TOTP_TOLERANCE = 1  # phones are seldom right to the second
MFA_ALLOW_UNVERIFIED_EMAIL = True  # staff accounts are made by the facility, not signed up for
HEADLESS_CLIENTS = ("app",)
HEADLESS_ADAPTER = "identity.adapters.HeadlessAdapter"
HEADLESS_TOKEN_STRATEGY = "allauth.headless.tokens.strategies.jwt.JWTTokenStrategy"
HEADLESS_JWT_PRIVATE_KEY = env.secret("JWT_PRIVATE_KEY", env.rsa_key)
HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = 300
HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN = int(timedelta(days=30).total_seconds())
HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED = True

# --- records ----------------------------------------------------------------------------------------------------
RECORD_SOURCES = [
    "records.sources.encounters",
    "prescriptions.fhir.for_patient",
    "prescriptions.fhir.dispenses_for_patient",
    "realtime.queries.files_for_patient",
    "payments.papers.papers_for_patient",
]
FHIR_TYPES = {
    "Patient": "records.fhir.Patients",
    "Appointment": "booking.fhir.Appointments",
    "Schedule": "booking.fhir.Schedules",
    "Slot": "booking.fhir.Slots",
    "Encounter": "records.fhir.Encounters",
    "Condition": "records.fhir.Conditions",
    "AllergyIntolerance": "records.fhir.Allergies",
    "Observation": "records.fhir_vitals.Observations",
    "MedicationRequest": "prescriptions.fhir.MedicationRequests",
    "MedicationDispense": "prescriptions.fhir.MedicationDispenses",
    "Medication": "prescriptions.fhir_bundles.Medications",
    "Provenance": "prescriptions.fhir_bundles.Provenances",
    "Bundle": "prescriptions.fhir_bundles.Bundles",
}
FHIR_WRITERS = {"Appointment": "booking.api.hospitals.AppointmentWriter"}  # what a hospital's own system may write
FHIR_SYSTEMS = {  # specs: two Vietnamese drafts disagree, so every system stays a setting
    "national_id": env.str_("FHIR_SYSTEM_NATIONAL_ID", "http://fhir.hl7.org.vn/core/sid/cccd"),
    "insurance_number": env.str_("FHIR_SYSTEM_INSURANCE", "http://fhir.hl7.org.vn/core/sid/bhyt"),
    "licence": env.str_("FHIR_SYSTEM_LICENCE", "http://fhir.hl7.org.vn/core/sid/cchn"),
    "prescription": env.str_("FHIR_SYSTEM_PRESCRIPTION", "http://fhir.hl7.org.vn/core/sid/don-thuoc"),
}

# --- booking ----------------------------------------------------------------------------------------------------
BOOKING_HOLD_MINUTES = env.int_("BOOKING_HOLD_MINUTES", 10)
BOOKING_REMINDER_HOURS = [int(hours) for hours in env.list_("BOOKING_REMINDER_HOURS", ["24", "2"])]  # before a visit
BOOKING_MAX_OPEN_HOLDS = env.int_("BOOKING_MAX_OPEN_HOLDS", 3)
BOOKING_NO_SHOW_GRACE_MINUTES = env.int_("BOOKING_NO_SHOW_GRACE_MINUTES", 60)  # after the end; then nobody came
BOOKING_ASK_SECONDS = env.int_("BOOKING_ASK_SECONDS", 90)  # a doctor on call has so long to answer
BOOKING_ASK_LOOK_SECONDS = env.int_("BOOKING_ASK_LOOK_SECONDS", 15)  # while all of them are busy
BOOKING_ASK_LONGEST_MINUTES = env.int_("BOOKING_ASK_LONGEST_MINUTES", 10)  # then nobody is found
BOOKING_ASK_SOON_MINUTES = env.int_("BOOKING_ASK_SOON_MINUTES", 10)  # a start of the grid so near counts as now
BOOKING_FIT_CHECK = env.str_("BOOKING_FIT_CHECK", "refuse")  # off, warn or refuse what TT 30/2023 does not list
BOOKING_OPENED_DAYS = env.int_("BOOKING_OPENED_DAYS", 14)  # how long a doctor's leave for a remote visit holds
EMERGENCY_NUMBER = env.str_("EMERGENCY_NUMBER", "115")
QUEUE_HIGH_AGE = env.int_("QUEUE_HIGH_AGE", 80)  # years from which people are called first
QUEUE_TRAVEL_MINUTES = env.int_("QUEUE_TRAVEL_MINUTES", 30)  # the way to a hospital, until somebody knows better

# --- prescriptions ----------------------------------------------------------------------------------------------
PRESCRIPTION_VALID_DAYS = env.int_(
    "PRESCRIPTION_VALID_DAYS", 0
)  # to collect; 0: as the circular of the day of the visit says (5)
PRESCRIPTION_TABLES_DIR = env.str_(
    "PRESCRIPTION_TABLES_DIR", ""
)  # a pharmacist's own limits, in place of prescriptions/data
# Where doctors' keys may be instead of here, by name: {"hsm": {"kind": "pkcs11", "module", "token", "pin"},
# "sign": {"kind": "remote", "url", "client_id", "client_secret", "pins"}}. `lanh.py manage enrol_signing_key` gives a doctor one.
SIGNING_KEEPERS = json.loads(env.str_("SIGNING_KEEPERS") or "{}")
PRESCRIPTION_CERTIFICATE_DAYS = env.int_("PRESCRIPTION_CERTIFICATE_DAYS", 365)  # of a doctor's built-in certificate
# The national e-prescription system (QĐ 808/QĐ-BYT). Without both addresses nothing is sent; what is signed waits for them.
ERX_API_URL = env.str_("ERX_API_URL").rstrip("/")  # facilities and doctors: https://api.donthuocquocgia.vn
ERX_LOOKUP_URL = (env.str_("ERX_LOOKUP_URL") or ERX_API_URL).rstrip(
    "/"
)  # look-up and sales: https://donthuocquocgia.vn
ERX_PATHS = {  # implementers spell some of them otherwise
    "facility_login": "/api/auth/dang-nhap-co-so-kham-chua-benh",
    "doctor_login": "/api/auth/dang-nhap-bac-si",
    "add_doctor": "/api/v1/them-bac-si",
    "send": "/api/v1/gui-don-thuoc",
    "lookup": "/api/v1/thong-tin-don-thuoc/{code}",
    "report": "/api/v1/cap-nhat-don-thuoc",
    **json.loads(env.str_("ERX_PATHS") or "{}"),
}
ERX_OPTIONS = json.loads(
    env.str_("ERX_OPTIONS", "{}")
)  # what the guide leaves open: prescriptions.gateway.mapping.Options
ERX_DUPLICATE_TEXT = env.str_("ERX_DUPLICATE_TEXT", "Đơn thuốc đã được sử dụng trước đó")
ERX_TIMEOUT_S = env.int_("ERX_TIMEOUT_S", 15)
ERX_TOKEN_HOURS = env.int_("ERX_TOKEN_HOURS", 24)  # of a token that does not say itself how long it is good
ERX_ENROL_DOCTORS = env.bool_("ERX_ENROL_DOCTORS", True)  # name a doctor at the facility before their first sign-in

# --- payments ---------------------------------------------------------------------------------------------------
# The first is the usual one. Who has no account with a gateway is not paid by it.
PAYMENT_GATEWAYS = {
    **({"sandbox": "payments.gateways.sandbox.Sandbox"} if DEMO else {}),
    "vietqr": "payments.gateways.vietqr.VietQR",
    "vnpay": "payments.gateways.vnpay.Vnpay",
    "momo": "payments.gateways.momo.Momo",
    "zalopay": "payments.gateways.zalopay.Zalopay",
    "stripe": "payments.gateways.stripe.Stripe",
    "cash": "payments.gateways.cash.Cash",
}
# Dong of one payment: more needs a second person, where a facility has not set its own limit.
REFUND_APPROVAL_ABOVE = env.int_("REFUND_APPROVAL_ABOVE", 500_000)
PAYMENT_REMINDERS = (24, 72, 168)  # hours after asking: when somebody is reminded of what is still to be paid
INVOICE_PAYMENT_DAYS = 7  # how long a payment stays open that a payer begins at an invoice
PAYMENT_HOLD_DAYS = env.int_("PAYMENT_HOLD_DAYS", 5)  # a card is held instead of charged for care that is done within
STRIPE_URL = env.str_("STRIPE_URL", "https://api.stripe.com")
STRIPE_TIMEOUT_S = env.int_("STRIPE_TIMEOUT_S", 20)
SANDBOX_WEBHOOK_SECRET = env.secret("SANDBOX_WEBHOOK_SECRET") if DEMO else ""
# Who brings invoices to the tax authority: payments.einvoice. Empty: nobody, invoices stay here.
EINVOICE_PROVIDER = env.str_("EINVOICE_PROVIDER", "payments.einvoice.files.Files" if DEMO else "")
PAYMENT_TIMEOUT_S = env.int_("PAYMENT_TIMEOUT_S", 30)  # MoMo asks for no less
# Where the gateways are: production on a real site, their public sandboxes elsewhere. VNPAY names its production addresses
# in the contract: compare them.
VNPAY_PAY_URL = env.str_(
    "VNPAY_PAY_URL",
    "https://pay.vnpay.vn/vpcpay.html" if PRODUCTION else "https://sandbox.vnpayment.vn/paymentv2/vpcpay.html",
)
VNPAY_API_URL = env.str_(
    "VNPAY_API_URL",
    "https://merchant.vnpay.vn/merchant_webapi/api/transaction"
    if PRODUCTION
    else "https://sandbox.vnpayment.vn/merchant_webapi/api/transaction",
)
MOMO_URL = env.str_("MOMO_URL", "https://payment.momo.vn" if PRODUCTION else "https://test-payment.momo.vn").rstrip("/")
ZALOPAY_URL = env.str_(
    "ZALOPAY_URL", "https://openapi.zalopay.vn" if PRODUCTION else "https://sb-openapi.zalopay.vn"
).rstrip("/")
# A page that opens a bank's app with a VietQR code on the same phone: `?qr=…&hook=…&back=…` is added. Empty: no such button.
VIETQR_OPEN_URL = env.str_("VIETQR_OPEN_URL", "").rstrip("/")
# A browser follows "pay" to these alone: the button is a form, and forms go nowhere else.
CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"] += [
    *(f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" for url in (VNPAY_PAY_URL, MOMO_URL, ZALOPAY_URL, STRIPE_URL)),
    "https://*.zalopay.vn",  # where its orders' pages are
    "https://checkout.stripe.com",
]

# --- notifications ----------------------------------------------------------------------------------------------
CARRIERS = {
    "inbox": "notifications.carriers.inbox.Inbox",
    "sms": env.carrier("SMS_CARRIER", "notifications.carriers.sms.DemoSms", demo=DEMO or not PRODUCTION),
    "email": "notifications.carriers.email.Email",
    "push": env.carrier("PUSH_CARRIER", "notifications.carriers.push.DemoPush", demo=DEMO or not PRODUCTION),
}
MESSAGE_ATTACHMENTS = {  # what goes with an e-mail of this kind
    "appointment_booked": "journeys.invitations.invitation",
    "appointment_cancelled": "journeys.invitations.invitation",
    "appointment_moved": "journeys.invitations.invitation",
}
DEFAULT_FROM_EMAIL = env.str_("DEFAULT_FROM_EMAIL", "Lành <khong-tra-loi@lanh.vn>")
EMAIL_BACKEND = env.str_(
    "EMAIL_BACKEND",
    "notifications.carriers.email.OutboxBackend" if DEMO else "django.core.mail.backends.smtp.EmailBackend",
)

# --- realtime ---------------------------------------------------------------------------------------------------
# A demo's visitor goes from the booking straight into the waiting room, however busy the doctor's next hour is.
ROOM_OPENS_MINUTES_BEFORE = env.int_("ROOM_OPENS_MINUTES_BEFORE", 180 if DEMO else 15)
ROOM_CLOSES_MINUTES_AFTER = env.int_("ROOM_CLOSES_MINUTES_AFTER", 60)
# Candidates a browser may offer the other: a call on one machine needs loopback, one inside a hospital private addresses.
ROOM_LOOPBACK_ALLOWED = env.bool_("ROOM_LOOPBACK_ALLOWED", not PRODUCTION)
ROOM_PRIVATE_ALLOWED = env.bool_("ROOM_PRIVATE_ALLOWED", True)
# The media relay: for a third person, and where two browsers find no way to each other. Without it two people may talk.
# A real site turns it on once browsers can reach it: `lanh.py media`, its UDP port open, MEDIA_SECRET set.
MEDIA_RELAY = env.bool_("MEDIA_RELAY", not PRODUCTION)
# Where the relay listens for packets (0: any free port), and the addresses browsers are told when those are others.
MEDIA_HOST = env.str_("MEDIA_HOST", "127.0.0.1")
MEDIA_PORT = env.int_("MEDIA_PORT", 0)
MEDIA_ANNOUNCE = env.list_("MEDIA_ANNOUNCE")
ROOM_RELAY_ONLY = env.bool_("ROOM_RELAY_ONLY", False)  # hides the two from each other's network
ROOM_CONSENT_ASKED = env.bool_("ROOM_CONSENT_ASKED", True)  # by the citizen, before a visit by video
ROOM_AGREED_MINUTES = env.int_("ROOM_AGREED_MINUTES", 0 if DEMO else 5)  # together, or it was no visit; 0: not reckoned
ROOM_CUT_SHORT_HOURS = env.int_("ROOM_CUT_SHORT_HOURS", 72)  # to choose between another visit and the money
ROOM_PREPARE_SECONDS = env.int_("ROOM_PREPARE_SECONDS", 8)
ROOM_CALM_SECONDS = env.int_("ROOM_CALM_SECONDS", 15)
ROOM_FILE_BYTES = env.int_("ROOM_FILE_MEGABYTES", 20) * 1024 * 1024
ROOM_FILES_MOST = env.int_("ROOM_FILES_MOST", 40)  # in one visit
# Recording of a call, by consent of everybody in it. It goes through the relay and lies sealed in STORAGES["files"].
RECORDING = env.bool_("RECORDING", True)
RECORDING_MINUTES_MOST = env.int_("RECORDING_MINUTES_MOST", 90)  # of one part
RECORDING_BYTES_MOST = env.int_("RECORDING_MEGABYTES_MOST", 2048) * 1024 * 1024
RECORDING_KEEP_DAYS = env.int_("RECORDING_KEEP_DAYS", 3653)  # ten years, as the health record (TT 33/2025)
RECORDING_ANSWER_DAYS = env.int_("RECORDING_ANSWER_DAYS", 15)  # a wish to delete it that nobody has answered is granted
TURN_URLS = env.list_("TURN_URLS")  # empty: no request leaves the machine
TURN_SECRET = env.str_("TURN_SECRET")
MEDIA_SECRET = (
    env.str_("MEDIA_SECRET") if PRODUCTION else env.secret("MEDIA_SECRET")
)  # app and relays know each other by it

# --- logs -------------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str_("LOG_LEVEL", "INFO" if PRODUCTION else "WARNING")},
    "loggers": {"lanh": {"level": "INFO"}, "procrastinate": {"level": "WARNING"}},
}
