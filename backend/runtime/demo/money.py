"""How the demo's facilities are paid: accounts with the sandboxes of every payment company, published price lists, tax codes."""

from __future__ import annotations

from datetime import date, datetime

import payments.actions
from core.actor import Actor
from identity.models import Facility, VisitType
from payments.models import PriceItem
from runtime import pretended

SEED = Actor.system("demo")


def enter_accounts(begin: datetime) -> None:
    """Enter each facility's accounts, as its desk would."""
    facilities = {facility.code: facility for facility in Facility.objects.filter(code__in=pretended.PAYEES)}
    for rank, one in enumerate(pretended.accounts()):
        payments.actions.enter_account(
            facility_id=facilities[one.facility].id,
            gateway=one.gateway,
            merchant=one.merchant,
            credentials=one.credentials,
            account_id=one.id,
            rank=rank,
            by=SEED,
            now=begin,
        )


# (code, Vietnamese, English, unit, kind of price, đồng, known to health insurance), as a hospital's list begins.
SERVICES = (
    ("XN001", "Tổng phân tích tế bào máu ngoại vi", "Complete blood count", "lần", "insured", 49_700, True),
    ("XN014", "Định lượng glucose máu", "Blood glucose", "lần", "insured", 22_400, True),
    ("XN032", "Đo hoạt độ ALT (GPT)", "ALT (GPT)", "lần", "insured", 22_400, True),
    ("XN087", "Định lượng HbA1c", "HbA1c", "lần", "insured", 105_300, True),
    ("XN140", "Tổng phân tích nước tiểu", "Urinalysis", "lần", "insured", 28_600, True),
    ("CDHA02", "Chụp X-quang ngực thẳng", "Chest X-ray", "lần", "insured", 73_300, True),
    ("CDHA11", "Siêu âm ổ bụng", "Abdominal ultrasound", "lần", "insured", 58_600, True),
    (
        "CDHA24",
        "Chụp cắt lớp vi tính ngực, không thuốc cản quang",
        "Chest CT without contrast",
        "lần",
        "insured",
        532_000,
        True,
    ),
    ("NS010", "Nội soi dạ dày không sinh thiết", "Gastroscopy without biopsy", "lần", "insured", 255_000, True),
    ("TDCN01", "Điện tâm đồ", "Electrocardiogram", "lần", "insured", 39_900, True),
    ("TT005", "Thay băng vết thương dưới 15 cm", "Wound dressing under 15 cm", "lần", "insured", 64_300, True),
    ("TP010", "Tiêm chủng mở rộng cho trẻ em", "Childhood vaccination", "mũi", "budget", 0, False),
    ("GK001", "Khám sức khỏe lái xe", "Driver's health check", "lần", "uninsured", 350_000, False),
    ("DV003", "Phòng chờ riêng", "Private waiting room", "giờ", "on_request", 90_000, False),
)
TAX_CODES = {"01A01": "0109900009", "79A02": "0309900006", "48B03": "0409900017", "92A06": "1809900006"}


def publish_prices(begin: datetime) -> None:
    """Publish a list for each house that is visited: what it offers to be booked, at those prices, and the usual services."""
    houses = Facility.objects.filter(kind__in=["hospital", "clinic", "station"], visit_types__isnull=False).distinct()
    for facility in houses.order_by("code"):
        Facility.objects.filter(pk=facility.pk).update(tax_code=TAX_CODES.get(facility.code, ""))
        prices = payments.actions.begin_price_list(
            facility_id=facility.pk,
            name=f"Bảng giá dịch vụ năm {begin:%Y}",
            first_day=date(begin.year, 1, 1),
            by=SEED,
            now=begin,
        )
        for number, kind in enumerate(
            VisitType.objects.filter(facility=facility).order_by("created_at", "pk"), start=1
        ):
            on_the_spot = kind.modes == ["in_person"]
            PriceItem.objects.create(
                price_list=prices,
                code=f"KB{number:02d}",
                name_vi=kind.name_vi,
                name_en=kind.name_en,
                category="insured" if on_the_spot else "uninsured",
                amount=kind.price_amount,
                in_scope=on_the_spot,
                visit_type=kind,
                created_at=begin,
            )
        for code, vi, en, unit, category, amount, in_scope in SERVICES:
            PriceItem.objects.create(
                price_list=prices, code=code, name_vi=vi, name_en=en, unit=unit, category=category, amount=amount,
                in_scope=in_scope, created_at=begin,
            )  # fmt: skip
        payments.actions.publish_price_list(list_id=prices.pk, by=SEED, now=begin)
