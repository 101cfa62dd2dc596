"""A provider that writes one XML file for each invoice into STORAGES["files"], for a programme that fetches them there.

Its code is its own and starts with `TEP-`: a file is not yet a word of the tax authority.
"""

from __future__ import annotations

import hashlib
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from django.core.files.base import ContentFile
from django.core.files.storage import storages

from payments.einvoice import Issued, Party, Wanted
from payments.errors import EInvoiceUnavailable


class Files:
    """The file-based provider."""

    code = "files"

    def issue(self, wanted: Wanted) -> Issued:
        """Write the file; a second time it is there already. Raises EInvoiceUnavailable."""
        content = xml_of(wanted)
        code = f"TEP-{hashlib.sha256(content).hexdigest()[:24].upper()}"
        name = path_of(wanted)
        store = storages["files"]
        try:
            if not store.exists(name):
                store.save(name, ContentFile(content))
        except OSError as error:
            raise EInvoiceUnavailable() from error
        return Issued(reference=name, tax_code=code)


def path_of(wanted: Wanted) -> str:
    """Return where the file of an invoice lies."""
    return f"einvoices/{wanted.issued_on[:4]}/{wanted.key}.xml"


def xml_of(wanted: Wanted) -> bytes:
    """Write the fields of an invoice with the names of the tax authority's form (TT 91/2026). The same wish, the same bytes."""
    root = Element("HDon")
    data = SubElement(root, "DLHDon", Id=str(wanted.key))
    common = SubElement(data, "TTChung")
    for name, value in (
        ("Loai", wanted.kind),
        ("SHDon", wanted.number),
        ("NLap", wanted.issued_on),
        ("DVTTe", wanted.currency),
        ("HTTToan", ", ".join(wanted.payment_methods)),
        ("MaHDGoc", wanted.original),
        ("LyDo", wanted.reason),
    ):
        _text(common, name, value)
    content = SubElement(data, "NDHDon")
    _party(SubElement(content, "NBan"), wanted.seller)
    _party(SubElement(content, "NMua"), wanted.buyer)
    lines = SubElement(content, "DSHHDVu")
    for place, line in enumerate(wanted.lines, start=1):
        one = SubElement(lines, "HHDVu")
        for name, value in (
            ("STT", str(place)),
            ("THHDVu", line.name),
            ("DVTinh", line.unit),
            ("SLuong", str(line.quantity)),
            ("DGia", str(line.unit_amount)),
            ("STCKhau", str(line.discount) if line.discount else ""),
            ("ThTien", str(line.amount)),
            ("TSuat", line.vat),
        ):
            _text(one, name, value)
    sums = SubElement(content, "TToan")
    _text(sums, "TgTTTBSo", str(wanted.total))
    _text(sums, "TgTTTBChu", wanted.total_in_words)
    _text(sums, "BHYT", str(wanted.insurance) if wanted.insurance else "")
    indent(root)
    return tostring(root, encoding="utf-8", xml_declaration=True)


def _party(element: Element, party: Party) -> None:
    for name, value in (
        ("Ten", party.name),
        ("MST", party.tax_code),
        ("DChi", party.address),
        ("CCCDan", party.national_id),
        ("DCTDTu", party.email),
        ("SDThoai", party.phone),
    ):
        _text(element, name, value)


def _text(parent: Element, name: str, value: str) -> None:
    if value:
        SubElement(parent, name).text = value
