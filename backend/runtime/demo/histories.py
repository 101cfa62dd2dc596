# ruff: noqa: E501 - one person, one row
"""What happened to whom: past visits with notes, diagnoses, prescriptions and what became of them; visits to come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Line:
    """A line of a prescription: a drug of the catalogue, how much, how often, how long, and a word to the patient."""

    drug: str
    dose: str
    times: int
    days: int
    word: str = ""


@dataclass(frozen=True)
class Visit:
    """A visit to live through. `fate` of its prescription: "" (none), "ready", "sent:<pharmacy>", "collected:<pharmacy>"."""

    days_ago: int
    citizen: str
    doctor: str
    kind: str
    mode: str
    reason: str
    subjective: str
    objective: str
    plan: str
    advice: str
    codes: tuple[str, ...]
    lines: tuple[Line, ...] = ()
    fate: str = ""
    recorded: bool = False  # a part of the call, with both agreeing


def _paracetamol(days: int = 3) -> Line:
    return Line(
        "paracetamol-500-mg-tablet", "1", 3, days, "Uống khi sốt trên 38,5°C hoặc đau, cách nhau ít nhất 4 giờ."
    )


VISITS = (
    Visit(88, "hoa", "khanh", "video", "video", "Tái khám đái tháo đường", "Đường huyết đói ở nhà 8–9, không tụt đường huyết.",
          "Cân nặng 58 kg, HbA1c 7,4 %.", "Tiếp tục metformin, thử lại HbA1c sau 3 tháng.", "Đi bộ 30 phút mỗi ngày, bớt cơm trắng.",
          ("E11.9",), (Line("metformin-850-mg-tablet", "1", 2, 30, "Uống trong bữa ăn."),), "collected:binh_minh"),
    Visit(81, "quang", "vinh", "video", "video", "Huyết áp cao buổi sáng", "Đau đầu nhẹ sau gáy lúc thức dậy.", "HA đo ở nhà 152/94.",
          "Tăng amlodipin, ghi nhật ký huyết áp.", "Ăn nhạt, đo huyết áp cùng một giờ.", ("I10",),
          (Line("amlodipine-5-mg-tablet", "1", 1, 30, "Uống buổi sáng."),), "collected:sai_gon"),
    Visit(74, "child", "trang", "child", "video", "Bé ho và sổ mũi 3 ngày", "Ho về đêm, không sốt, bú và chơi bình thường.",
          "Bé tỉnh, thở êm qua hình.", "Điều trị triệu chứng, theo dõi nhịp thở.", "Khám ngay nếu bé thở nhanh hoặc bỏ ăn.",
          ("J00",), (), ""),
    Visit(66, "thuy", "thao", "video", "video", "Khó ngủ trước kỳ thi", "Khó vào giấc 4 tuần nay, lo lắng.", "Tỉnh, hợp tác, không ý nghĩ hại mình.",
          "Vệ sinh giấc ngủ, hẹn lại sau 3 tuần.", "Không dùng điện thoại một giờ trước khi ngủ.", ("F41.9",)),
    Visit(59, "khoa", "son", "video", "video", "Ho kéo dài sau cảm", "Ho khan 3 tuần, không sốt.", "Không khó thở khi nói.",
          "Nghĩ ho sau nhiễm siêu vi; thuốc long đờm.", "Uống nước ấm, tránh khói thuốc.", ("R05",),
          (Line("ambroxol-30-mg-tablet", "1", 3, 5, "Uống sau ăn."),), "collected:hai_chau"),
    Visit(52, "lien", "hanh", "advice", "phone", "Đau khớp gối khi trời lạnh", "Đau gối phải khi lên xuống cầu thang.", "Khám qua điện thoại.",
          "Tập cơ đùi, giảm cân, hẹn khám tại trạm.", "Chườm ấm mỗi tối.", ("M17.9",)),
    Visit(47, "dung", "tuan", "video", "video", "Nghẹt mũi, hắt hơi", "Hắt hơi từng tràng buổi sáng.", "Niêm mạc mũi nhợt qua ảnh gửi.",
          "Kháng histamin 10 ngày.", "Đeo khẩu trang khi dọn nhà.", ("J30.4",),
          (Line("loratadine-10-mg-tablet", "1", 1, 10, "Uống buổi tối."),), "collected:thanh_xuan"),
    Visit(41, "ana", "lan", "video", "video", "Ợ nóng sau ăn", "Nóng rát sau xương ức, nhiều về đêm, 2 tháng.", "Bụng mềm theo lời kể, không sụt cân.",
          "PPI 4 tuần, đánh giá lại.", "Ăn tối trước 19 giờ, kê cao đầu giường.", ("K21.9",),
          (Line("esomeprazole-40-mg-capsule", "1", 1, 28, "Uống trước bữa sáng 30 phút."),), "collected:binh_minh"),
    Visit(38, "xuan", "vinh", "follow_up", "phone", "Lấy lại thuốc huyết áp", "Khỏe, không chóng mặt.", "HA 138/82 con gái đo.",
          "Giữ nguyên thuốc.", "Uống thuốc đều, tháng sau tái khám.", ("I10", "E78.5"),
          (Line("losartan-50-mg-tablet", "1", 1, 30, "Uống buổi sáng."), Line("atorvastatin-10-mg-tablet", "1", 1, 30, "Uống buổi tối.")), "collected:tan_dinh"),
    Visit(33, "tai", "nghia", "video", "video", "Đau lưng sau bốc hàng", "Đau thắt lưng 5 ngày, không lan chân.", "Đi lại được, không yếu chân.",
          "Nghỉ, thuốc giảm đau ngắn ngày.", "Tránh nâng nặng hai tuần.", ("M54.5",), (_paracetamol(5),), "collected:ninh_kieu"),
    Visit(29, "hoa", "huong", "video", "video", "Huyết áp dao động", "Có hôm 150/90, hơi hồi hộp.", "Nhịp đều 78 lần/phút.",
          "Thêm losartan, kiểm tra kali sau 2 tuần.", "Ghi huyết áp sáng và tối.", ("I10",),
          (Line("losartan-50-mg-tablet", "1", 1, 30, "Uống buổi sáng."),), "collected:phuc_khang"),
    Visit(24, "nam", "mai", "video", "video", "Ngứa đỏ khuỷu tay", "Ngứa nhiều về đêm 2 tuần.", "Ảnh: mảng đỏ, bong vảy hai khuỷu.",
          "Kem corticoid nhẹ, dưỡng ẩm.", "Tắm nước ấm, không chà xát.", ("L20.9",),
          (Line("hydrocortisone-1-percent-cream", "1", 2, 7, "Thoa lớp mỏng vùng ngứa."),), "collected:thanh_xuan"),
    Visit(19, "child", "phong", "child", "video", "Bé sốt đêm qua", "Sốt 38,6°C, uống nước được, chảy mũi.", "Bé chơi, môi hồng, không co lõm ngực.",
          "Hạ sốt khi cần, bù nước, theo dõi 24 giờ.", "Đến viện ngay nếu sốt trên 39,5°C hoặc li bì.", ("J06.9",),
          (Line("paracetamol-250-mg-powder", "1", 3, 3, "Pha với nước, cách nhau ít nhất 6 giờ."), Line("oral-rehydration-salts-27p9-g-powder", "1", 1, 2, "Pha đúng 1 lít, uống từng ngụm trong ngày.")), "collected:binh_minh"),
    Visit(15, "quang", "vinh", "follow_up", "video", "Tái khám huyết áp", "Hết đau đầu.", "HA 134/84.", "Giữ amlodipin.", "Tiếp tục ăn nhạt.", ("I10",),
          (Line("amlodipine-5-mg-tablet", "1", 1, 30, "Uống buổi sáng."),), "collected:sai_gon"),
    Visit(12, "ngoc", "kieu", "video", "video", "Đau họng, sốt nhẹ", "Nuốt đau 2 ngày.", "Họng đỏ qua hình, không giả mạc.", "Điều trị triệu chứng.",
          "Súc miệng nước muối ấm.", ("J02.9",), (_paracetamol(),), "collected:ninh_kieu"),
    Visit(9, "ana", "ben", "now", "video", "Đau đầu và nghẹt mũi", "Đau vùng trán, chảy mũi 3 ngày, không sốt.", "Tỉnh, không cứng gáy theo lời kể.",
          "Viêm mũi họng cấp; thuốc triệu chứng.", "Nghỉ ngơi, rửa mũi nước muối, khám lại nếu sốt.", ("J00",),
          (_paracetamol(), Line("xylometazoline-0p1-percent-nasal-spray", "1", 2, 5, "Xịt mỗi bên mũi, không quá 5 ngày.")), "collected:binh_minh", recorded=True),
    Visit(6, "dung", "ben", "now", "video", "Khò khè khi thay đổi thời tiết", "Khò khè về đêm, dùng thuốc xịt đỡ.", "Nói trọn câu, nhịp thở 18.",
          "Tiếp tục thuốc cắt cơn, hẹn hô hấp.", "Luôn mang theo thuốc xịt.", ("J45.9",),
          (Line("salbutamol-100-microgam-per-lieu-inhaler", "2", 2, 30, "Xịt khi khó thở."),), "collected:phuc_khang"),
    Visit(4, "lien", "hanh", "advice", "video", "Xem kết quả đường huyết", "Khỏe.", "Đường huyết đói 6,1 mmol/L.", "Theo dõi 3 tháng.", "Đi bộ đều.", ("R73.9",)),
    Visit(3, "khoa", "yen", "follow_up", "video", "Nổi mề đay sau ăn hải sản", "Ngứa toàn thân sau ăn tôm, nay giảm.", "Không phù môi, không khó thở.",
          "Kháng histamin 5 ngày.", "Tránh tôm cua; gọi 115 nếu khó thở.", ("L50.0",), (Line("cetirizine-10-mg-tablet", "1", 1, 5, "Uống buổi tối."),), "collected:hai_chau"),
    Visit(2, "nam", "lan", "video", "video", "Đầy bụng, khó tiêu", "Đầy bụng sau ăn 1 tuần.", "Không dấu báo động.", "Thuốc giảm tiết acid 2 tuần.", "Ăn chậm, bớt cà phê.",
          ("K30",), (Line("omeprazole-20-mg-capsule", "1", 1, 14, "Uống trước bữa sáng."),), "sent:phuc_khang"),
    Visit(1, "hoa", "ben", "now", "video", "Chóng mặt khi đứng dậy", "Chóng mặt thoáng qua 2 hôm.", "HA đo ở nhà 118/70, mạch 72.",
          "Giãn cách giờ uống thuốc huyết áp, bù nước.", "Đứng dậy từ từ, đo huyết áp hai tư thế.", ("R42",),
          (Line("betahistine-16-mg-tablet", "1", 2, 5, "Uống sau ăn."),), "sent:binh_minh"),
    Visit(1, "ana", "mai", "video", "video", "Da tay khô nứt", "Khô nứt hai bàn tay khi trời hanh.", "Ảnh: da khô, nứt nông, không mủ.",
          "Dưỡng ẩm nhiều lần, kem dịu da ngắn ngày.", "Đeo găng khi rửa bát.", ("L30.9",),
          (Line("hydrocortisone-1-percent-cream", "1", 2, 5, "Thoa mỏng chỗ đỏ."), Line("cetirizine-10-mg-tablet", "1", 1, 5, "Uống buổi tối nếu ngứa.")), "ready"),
)  # fmt: skip

# Days from today, citizen, doctor, kind, mode, reason, the time of day it should lie after; what it is about, unless a follow-up.
TO_COME: tuple[tuple[Any, ...], ...] = (
    (0, "quang", "ben", "now", "video", "Xin tư vấn kết quả xét nghiệm mỡ máu", 40),
    (0, "thuy", "ben", "now", "video", "Đau họng hai ngày", 75),
    (0, "nam", "ben", "now", "video", "Tái khám dạ dày", 130),
    (1, "ana", "huong", "video", "video", "Hay hồi hộp khi leo cầu thang", 0, "R00.2"),
    (1, "hoa", "khanh", "follow_up", "video", "Tái khám đái tháo đường", 0),
    (2, "child", "trang", "on_spot", "in_person", "Tiêm nhắc và khám định kỳ", 0),
    (2, "dung", "tuan", "on_spot", "in_person", "Nội soi mũi kiểm tra", 0),
    (3, "xuan", "duc", "on_spot", "in_person", "Đau khớp háng", 0),
    (4, "lien", "hanh", "advice", "phone", "Hỏi về tiêm ngừa cúm", 0),
    (5, "tai", "nghia", "follow_up", "video", "Tái khám đau lưng", 0),
    (6, "khoa", "son", "video", "video", "Kiểm tra hô hấp", 0),
    (8, "ngoc", "ha", "on_spot", "in_person", "Khám phụ khoa định kỳ", 0),
)
