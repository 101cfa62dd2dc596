# ruff: noqa: E501 - one person, one row
"""Twenty practitioners in twelve specialties, a pharmacist for each pharmacy, a desk for each hospital; and their hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from booking import actions as booking
from booking.models import Rule
from core.actor import Actor
from identity import sign_in
from identity.models import Facility, Membership, Practitioner, Specialty, User, VisitType
from runtime.demo import station
from web.demo import BY_KEY, PASSWORD

SEED = Actor.system("demo")
SINCE = date(2019, 1, 1)


@dataclass(frozen=True)
class Doctor:
    """A practitioner to be: where, what for, when (a row of HOURS), and a sentence about them in both languages."""

    key: str
    title: str
    name: str
    sex: str
    place: str
    specialties: tuple[str, ...]
    hours: str
    vi: str
    en: str
    languages: tuple[str, ...] = ("vi",)


# Weekdays, from, to. Who is there "always" gives the visit right away, the others all else the place offers.
HOURS: dict[str, tuple[tuple[range, str, str], ...]] = {
    "always": ((range(7), "00:00", "00:00"), ),
    "office": ((range(5), "08:00", "11:30"), (range(5), "13:30", "17:00")),
    "mornings": ((range(6), "07:30", "11:30"), ),
    "afternoons": ((range(5), "13:30", "17:30"), (range(5, 6), "08:00", "12:00")),
    "evenings": ((range(7), "18:00", "21:00"), (range(5, 7), "08:00", "11:00")),
}  # fmt: skip

DOCTORS = (
    Doctor("ben", "BS.CKII", "Trần Đức Bình", "male", "song_hong", ("general", "internal"), "always",
           "Hai mươi năm khám nội khoa, trực khám từ xa suốt ngày đêm.", "Twenty years in internal medicine; on duty for video visits day and night.", ("vi", "en")),
    Doctor("huong", "PGS.TS.BS", "Lê Thị Thu Hương", "female", "song_hong", ("cardiology",), "office",
           "Chuyên tăng huyết áp, suy tim và rối loạn nhịp.", "High blood pressure, heart failure and rhythm disorders.", ("vi", "en")),
    Doctor("khanh", "TS.BS", "Nguyễn Quốc Khánh", "male", "song_hong", ("endocrinology",), "mornings",
           "Theo dõi đái tháo đường và bệnh tuyến giáp lâu dài.", "Long-term care of diabetes and thyroid disease."),
    Doctor("mai", "ThS.BS", "Đặng Ngọc Mai", "female", "song_hong", ("dermatology",), "afternoons",
           "Da liễu người lớn và trẻ em, chàm, mụn, dị ứng da.", "Skin of adults and children: eczema, acne, allergies."),
    Doctor("tuan", "BS.CKI", "Phạm Anh Tuấn", "male", "song_hong", ("ent",), "office",
           "Viêm xoang, viêm tai, rối loạn giọng nói.", "Sinusitis, ear infections and voice problems."),
    Doctor("lan", "BS.CKII", "Hoàng Thị Lan", "female", "song_hong", ("gastroenterology",), "office",
           "Trào ngược, đau dạ dày, bệnh gan.", "Reflux, stomach pain, liver disease."),
    Doctor("vinh", "ThS.BS", "Bùi Thế Vinh", "male", "ben_thanh", ("cardiology", "internal"), "mornings",
           "Tim mạch dự phòng, theo dõi sau đặt stent.", "Preventive cardiology and care after stents.", ("vi", "en")),
    Doctor("ha", "BS.CKI", "Võ Thị Ngọc Hà", "female", "ben_thanh", ("obstetrics",), "office",
           "Khám thai và tư vấn sau sinh.", "Antenatal care and advice after birth."),
    Doctor("long", "TS.BS", "Trương Hải Long", "male", "ben_thanh", ("neurology",), "afternoons",
           "Đau đầu, mất ngủ, phục hồi sau đột quỵ.", "Headache, sleeplessness, recovery after stroke.", ("vi", "en", "fr")),
    Doctor("thao", "ThS.BS", "Phan Phương Thảo", "female", "ben_thanh", ("psychiatry",), "evenings",
           "Lo âu, trầm cảm, căng thẳng kéo dài.", "Anxiety, depression, long-lasting stress.", ("vi", "en")),
    Doctor("duc", "BS.CKI", "Huỳnh Minh Đức", "male", "ben_thanh", ("musculoskeletal",), "mornings",
           "Đau lưng, thoái hóa khớp, loãng xương.", "Back pain, arthritis, osteoporosis."),
    Doctor("yen", "BS.CKI", "Ngô Hải Yến", "female", "an_tam", ("general", "internal"), "office",
           "Bác sĩ gia đình, khám tổng quát và bệnh mạn tính.", "Family doctor: check-ups and chronic disease."),
    Doctor("son", "ThS.BS", "Đỗ Trường Sơn", "male", "an_tam", ("respiratory",), "afternoons",
           "Hen, COPD và ho kéo dài.", "Asthma, COPD and lasting cough."),
    Doctor("nhung", "BS.CKI", "Mai Hồng Nhung", "female", "an_tam", ("ophthalmology",), "mornings",
           "Khô mắt, viêm kết mạc, tật khúc xạ.", "Dry eyes, conjunctivitis, glasses."),
    Doctor("trang", "BS.CKII", "Lý Thu Trang", "female", "hoa_sen", ("paediatrics",), "office",
           "Nhi tổng quát, dinh dưỡng và tiêm chủng.", "General paediatrics, nutrition and vaccination.", ("vi", "en")),
    Doctor("phong", "ThS.BS", "Cao Thanh Phong", "male", "hoa_sen", ("paediatrics", "respiratory"), "evenings",
           "Hô hấp nhi, hen và dị ứng ở trẻ.", "Children's lungs, asthma and allergies."),
    Doctor("hanh", "BS", "Tôn Nữ Mỹ Hạnh", "female", "phu_xuan", ("general",), "office",
           "Bác sĩ của phường, gần nhà và miễn phí tư vấn.", "The ward's doctor: close to home, advice is free."),
    Doctor("tam", "BS.YHCT", "Hồ Đắc Tâm", "male", "phu_xuan", ("traditional",), "mornings",
           "Châm cứu, xoa bóp, thuốc nam.", "Acupuncture, massage, Vietnamese herbs."),
    Doctor("nghia", "BS.CKI", "Lâm Trọng Nghĩa", "male", "cai_rang", ("internal", "general"), "office",
           "Nội tổng quát cho bà con miền Tây.", "Internal medicine for the Mekong delta."),
    Doctor("kieu", "BS.CKI", "Dương Thúy Kiều", "female", "cai_rang", ("paediatrics",), "afternoons",
           "Sốt, tiêu chảy, tay chân miệng ở trẻ.", "Fever, diarrhoea, hand-foot-mouth disease."),
)  # fmt: skip

PHARMACISTS = (
    ("cara", "binh_minh", "Phạm Thu Cúc"), ("", "phuc_khang", "Đinh Văn Lộc"), ("", "thanh_xuan", "Nguyễn Bích Ngọc"),
    ("", "sai_gon", "Trần Kim Oanh"), ("", "tan_dinh", "Lưu Gia Huy"), ("", "hai_chau", "Phùng Thị Sen"),
    ("", "hoan_kiem", "Bùi Thanh Trà"), ("", "an_khang", "Ngô Đức Thiện"),
    ("", "thuan_hoa", "Tôn Thất Khoa"), ("", "ninh_kieu", "Quách Mỹ Linh"),
)  # fmt: skip

# Who looks at the whole of it: key, role, name.
ABOVE = (("moh", "regulator", "Trịnh Minh Hà"), ("hai", "operator", "Lương Quốc Hải"))
DESKS = (("dan", "song_hong", "Hoàng Văn Dân"), ("", "ben_thanh", "Trịnh Thị Loan"), ("", "cai_rang", "Thạch Sơn"))


def _user(key: str, name: str, place: str) -> User:
    member = BY_KEY.get(key)
    if member is None:
        handle = "".join(word[0] for word in name.split()).lower()
        return User.objects.create_user(
            email=f"{handle}.{place}@demo.lanh.vn".encode("ascii", "ignore").decode(), name=name
        )
    user = User.objects.create_user(email=member.email, password=PASSWORD, name=name)
    sign_in.set_authenticator(user, member.secret)
    return user


def make_staff(places: dict[str, Facility]) -> tuple[dict[str, Practitioner], dict[str, Membership]]:
    """Make everybody who works somewhere; return the practitioners by key and the pharmacists and desks by place."""
    practitioners: dict[str, Practitioner] = {}
    members: dict[str, Membership] = {}
    for number, doctor in enumerate(DOCTORS, start=1):
        user = _user(doctor.key, doctor.name, f"{doctor.place}{number}")
        practitioner = Practitioner.objects.create(
            user=user,
            full_name=doctor.name,
            title=doctor.title,
            sex=doctor.sex,
            licence_number=f"{number * 217 + 1000:06d}/HNO-GPHN",
            licence_valid_from=SINCE,
            bio_vi=doctor.vi,
            bio_en=doctor.en,
            languages=list(doctor.languages),
            photo_seed=doctor.key,
        )
        practitioner.specialties.set(Specialty.objects.filter(code__in=doctor.specialties))
        Membership.objects.create(
            user=user, facility=places[doctor.place], role="practitioner", practitioner=practitioner, active_from=SINCE
        )
        practitioners[doctor.key] = practitioner
    for role, rows in (("pharmacist", PHARMACISTS), ("desk", DESKS)):
        for key, place, name in rows:
            user = _user(key, name, f"{role}.{place}")
            members[f"{role}:{place}"] = Membership.objects.create(
                user=user, facility=places[place], role=role, active_from=SINCE
            )
    for key, role, name in ABOVE:
        Membership.objects.create(user=_user(key, name, role), role=role, active_from=SINCE)
    nurse = _user(station.NURSE, "Giàng Thị Mỷ", station.PLACE)
    members[f"nurse:{station.PLACE}"] = station.make_nurse(places, nurse)
    return practitioners, members


def make_schedules(
    practitioners: dict[str, Practitioner],
    places: dict[str, Facility],
    offers: dict[tuple[str, str], VisitType],
    now: datetime,
) -> dict[str, tuple[object, str]]:
    """Give every doctor weekly hours; return schedule ids and places by doctor."""
    schedules: dict[str, tuple[object, str]] = {}
    for number, doctor in enumerate(DOCTORS, start=1):
        always = doctor.hours == "always"
        schedule = booking.add_schedule(
            practitioner_id=practitioners[doctor.key].id,
            facility_id=places[doctor.place].id,
            room=f"P.{100 + number}",
            min_notice_minutes=0 if always else 60,
            horizon_days=60,
            by=SEED,
            now=now,
        )
        schedules[doctor.key] = (schedule.id, doctor.place)
        everything = [offer.id for (place, kind), offer in offers.items() if place == doctor.place and kind != "now"]
        rules = [
            Rule(
                schedule=schedule,
                weekday=weekday,
                from_time=time.fromisoformat(begin),
                to_time=time.fromisoformat(end),
                grid_minutes=15 if always else 20,
                created_at=now,
            )
            for days, begin, end in HOURS[doctor.hours]
            for weekday in days
        ]
        Rule.objects.bulk_create(
            rules
        )  # the desk's own verb looks at all agreed visits for each rule; there are none yet
        offered = [offers[doctor.place, "now"].id] if always else everything
        Through = Rule.visit_types.through
        Through.objects.bulk_create(
            [Through(rule_id=rule.id, visittype_id=offer) for rule in rules for offer in offered]
        )
    return schedules
