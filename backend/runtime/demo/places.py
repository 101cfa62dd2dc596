"""Hospitals, clinics, a commune station, pharmacies: invented names at addresses that could be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import identity.actions
from core.actor import Actor
from identity.models import Contract, Facility, Pilot, Telemedicine, VisitType

PUBLISHED = date(2025, 1, 6)
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_AND_NIGHT = {day: [["00:00", "24:00"]] for day in WEEK}
OFFICE = {day: [["07:00", "11:30"], ["13:00", "17:00"]] for day in WEEK[:5]} | {"sat": [["07:00", "11:30"]]}


def _every_day(begin: str, end: str) -> dict[str, list[list[str]]]:
    return {day: [[begin, end]] for day in WEEK}


@dataclass(frozen=True)
class Kind:
    """What a place offers: Vietnamese name, English name, minutes, price in đồng, ways."""

    key: str
    vi: str
    en: str
    minutes: int
    price: int
    modes: tuple[str, ...]


NOW = Kind("now", "Khám ngay qua video", "Video visit right away", 15, 120_000, ("video",))
VIDEO = Kind(
    "video", "Khám từ xa với bác sĩ chuyên khoa", "Video visit with a specialist", 20, 200_000, ("video", "phone")
)
FOLLOW_UP = Kind("follow_up", "Tái khám từ xa", "Follow-up by video", 15, 100_000, ("video", "phone"))
ON_SPOT = Kind("on_spot", "Khám bệnh", "Consultation", 20, 150_000, ("in_person",))
CHILD = Kind("child", "Tư vấn nhi khoa qua video", "Paediatric advice by video", 20, 180_000, ("video",))
ADVICE = Kind("advice", "Tư vấn sức khỏe miễn phí", "Free health advice", 15, 0, ("in_person", "video", "phone"))


@dataclass(frozen=True)
class Place:
    """A facility to be. `key` is how the other tables speak of it."""

    key: str
    kind: str
    code: str
    name: str
    province: str
    commune: str
    address: str
    phone: str
    latitude: float
    longitude: float
    hours: dict[str, list[list[str]]] = field(default_factory=dict)
    offers: tuple[Kind, ...] = ()


PLACES = (
    Place("song_hong", "hospital", "01A01", "Bệnh viện Đa khoa Trung ương Sông Hồng", "01", "Phường Hoàn Kiếm",
          "25 phố Lý Thường Kiệt", "+842438255501", 21.0245, 105.8512, DAY_AND_NIGHT, (NOW, VIDEO, FOLLOW_UP, ON_SPOT)),
    Place("ben_thanh", "hospital", "79A02", "Bệnh viện Đa khoa Bến Thành", "79", "Phường Bến Thành",
          "118 đường Nguyễn Thị Minh Khai", "+842838255502", 10.7769, 106.6900, DAY_AND_NIGHT, (VIDEO, FOLLOW_UP, ON_SPOT)),
    Place("an_tam", "clinic", "48B03", "Phòng khám Đa khoa An Tâm", "48", "Phường Hải Châu",
          "64 đường Trần Phú", "+842363825503", 16.0678, 108.2208, _every_day("07:00", "20:00"), (VIDEO, FOLLOW_UP, ON_SPOT)),
    Place("hoa_sen", "clinic", "79B04", "Phòng khám Nhi Hoa Sen", "79", "Phường Tân Định",
          "9 đường Hai Bà Trưng", "+842838255504", 10.7893, 106.6906, _every_day("08:00", "21:00"), (CHILD, FOLLOW_UP, ON_SPOT)),
    Place("phu_xuan", "station", "46C05", "Trạm Y tế phường Phú Xuân", "46", "Phường Phú Xuân",
          "31 đường Đinh Tiên Hoàng", "+842343525505", 16.4745, 107.5790, OFFICE, (ADVICE, ON_SPOT)),
    Place("cai_rang", "hospital", "92A06", "Bệnh viện Đa khoa khu vực Cái Răng", "92", "Phường Cái Răng",
          "206 đường Võ Tánh", "+842923825506", 10.0041, 105.7488, DAY_AND_NIGHT, (VIDEO, FOLLOW_UP, ON_SPOT)),
    Place("ban_may", "station", "08C07", "Trạm Y tế xã Bản Mây", "08", "Xã Bản Mây",
          "Thôn Nà Khoang", "+842193825507", 22.8233, 104.9784, OFFICE),
    Place("binh_minh", "pharmacy", "01P01", "Nhà thuốc Bình Minh", "01", "Phường Hoàn Kiếm",
          "47 phố Hàng Bông", "+842439285511", 21.0305, 105.8470, _every_day("07:00", "22:00")),
    Place("phuc_khang", "pharmacy", "01P02", "Nhà thuốc Phúc Khang", "01", "Phường Cửa Nam",
          "112 phố Bà Triệu", "+842439435512", 21.0186, 105.8497, DAY_AND_NIGHT),
    Place("thanh_xuan", "pharmacy", "01P03", "Nhà thuốc Hồng Đăng", "01", "Phường Đống Đa",
          "205 phố Xã Đàn", "+842435735513", 21.0139, 105.8290, _every_day("07:30", "21:30")),
    Place("hoan_kiem", "pharmacy", "01P09", "Nhà thuốc Tràng Tiền", "01", "Phường Hoàn Kiếm",
          "18 phố Tràng Tiền", "+842438265519", 21.0251, 105.8556, _every_day("06:30", "22:30")),
    Place("an_khang", "pharmacy", "01P10", "Nhà thuốc Quán Thánh", "01", "Phường Ba Đình",
          "91 phố Quán Thánh", "+842437335520", 21.0413, 105.8419, _every_day("07:00", "21:00")),
    Place("sai_gon", "pharmacy", "79P04", "Nhà thuốc Sài Gòn Xanh", "79", "Phường Sài Gòn",
          "33 đường Pasteur", "+842838215514", 10.7745, 106.7010, DAY_AND_NIGHT),
    Place("tan_dinh", "pharmacy", "79P05", "Nhà thuốc Tân Định", "79", "Phường Tân Định",
          "148 đường Trần Quang Khải", "+842838485515", 10.7921, 106.6925, _every_day("06:30", "22:00")),
    Place("hai_chau", "pharmacy", "48P06", "Nhà thuốc Sông Hàn", "48", "Phường Hải Châu",
          "82 đường Bạch Đằng", "+842363885516", 16.0702, 108.2245, _every_day("07:00", "22:00")),
    Place("thuan_hoa", "pharmacy", "46P07", "Nhà thuốc Hương Giang", "46", "Phường Thuận Hóa",
          "15 đường Lê Lợi", "+842343825517", 16.4637, 107.5909, _every_day("07:00", "21:00")),
    Place("ninh_kieu", "pharmacy", "92P08", "Nhà thuốc Ninh Kiều", "92", "Phường Ninh Kiều",
          "70 đường Hai Bà Trưng", "+842923815518", 10.0340, 105.7880, _every_day("06:30", "21:30")),
)  # fmt: skip


def _published(kind: str) -> dict[str, object]:
    """What the health department has published of a place: in which forms it may treat at a distance."""
    forms = {"hospital": list(Telemedicine.values), "clinic": ["direct_to_patient"], "station": ["direct_to_patient"]}
    if kind not in forms:
        return {}
    return {"telemedicine": forms[kind], "telemedicine_from": PUBLISHED, "telemedicine_notice": "208/CB-SYT"}


def make_contract(places: dict[str, Facility]) -> Contract:
    """The commune's station may ask the doctors of the big hospital; the citizen pays nothing for it."""
    return Contract.objects.create(
        facility=places["song_hong"],
        partner=places["ban_may"],
        number="15/2025/HĐ-KCBTX",
        forms=["via_receiving_facility", "inter_facility_support"],
        valid_from=PUBLISHED,
    )


def make_pilot(places: dict[str, Facility], begin: datetime) -> Pilot:
    """What the big hospital may treat at a distance outside the list, for a year and a counted number of cases."""
    pilot = Pilot(
        facility=places["song_hong"],
        name="Theo dõi từ xa chóng mặt và hồi hộp",
        decision_number="4127/QĐ-SYT",
        decided_on=begin.date() - timedelta(days=12),
        approved_by="Sở Y tế Hà Nội",
        conditions=["R42", "R00.2"],
        valid_from=begin.date(),
        valid_to=begin.date() + timedelta(days=364),
        quota=120,
    )
    return identity.actions.put_pilot(pilot=pilot, by=Actor.system("demo"), now=begin)


def make_places() -> tuple[dict[str, Facility], dict[tuple[str, str], VisitType]]:
    """Make every place and what it offers; return them by key, and the visit types by (place, kind)."""
    places: dict[str, Facility] = {}
    offers: dict[tuple[str, str], VisitType] = {}
    for place in PLACES:
        facility = Facility.objects.create(
            kind=place.kind,
            code=place.code,
            name=place.name,
            province_id=place.province,
            commune=place.commune,
            address=place.address,
            phone=place.phone,
            latitude=place.latitude,
            longitude=place.longitude,
            opening_hours=place.hours,
            **_published(place.kind),
        )
        places[place.key] = facility
        for kind in place.offers:
            offers[place.key, kind.key] = VisitType.objects.create(
                facility=facility,
                name_vi=kind.vi,
                name_en=kind.en,
                minutes=kind.minutes,
                price_amount=kind.price,
                modes=list(kind.modes),
            )
    return places, offers
