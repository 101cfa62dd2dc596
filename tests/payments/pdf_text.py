"""Reading a PDF's words back: through each font's own table from glyphs to characters."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pikepdf


def text_of(content: bytes) -> str:
    """Return all text of a PDF, in the order it is drawn, with no word about layout."""
    said = []
    with pikepdf.open(io.BytesIO(content)) as pdf:
        for page in pdf.pages:
            tables = {str(name): _table(font) for name, font in page.Resources.Font.items()}
            current: dict[int, str] = {}
            for operands, operator in pikepdf.parse_content_stream(page):
                if str(operator) == "Tf":
                    current = tables[str(operands[0])]
                elif str(operator) in {"Tj", "TJ"}:
                    parts = operands[0] if str(operator) == "TJ" else [operands[0]]
                    said += [_read(bytes(part), current) for part in parts if isinstance(part, pikepdf.String)]
                elif str(operator) == "ET":
                    said.append(" ")
    return re.sub(r"\s+", " ", "".join(said))


def attached(content: bytes, name: str) -> Any:
    """Return what a PDF carries as JSON."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return json.loads(pdf.attachments[name].get_file().read_bytes())


def _read(raw: bytes, table: dict[int, str]) -> str:
    return "".join(table.get(int.from_bytes(raw[n : n + 2]), "") for n in range(0, len(raw), 2))


def _table(font: Any) -> dict[int, str]:
    cmap = font.ToUnicode.read_bytes().decode("latin-1")
    table = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", cmap, re.S):
        for code, value in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            table[int(code, 16)] = bytes.fromhex(value).decode("utf-16-be")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", cmap, re.S):
        for first, last, value in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            start = int(value, 16)
            for n in range(int(first, 16), int(last, 16) + 1):
                table[n] = chr(start + n - int(first, 16))
    return table
