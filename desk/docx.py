"""
A document as an Office Open XML file, the least that word processors agree on.

Three parts, no styles, no properties: nothing in it names a program, a person, a machine or an hour, and the
same words give the same bytes. Why no library does this: docs/decisions/0015-docx-by-hand.md.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from casework.documents import Paragraph

MIME = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORDS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
# The earliest day a zip file can name; the true one would say when somebody asked for help.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_PLACES = {"left": "both", "right": "right", "centre": "center"}

_TYPES = (
    f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{MIME}.main+xml"/></Types>'
)
_RELATIONS = (
    f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>'
)
# A4 with the margins of a Russian official paper, in twentieths of a point.
_PAGE = (
    '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="1134" w:right="850" w:bottom="1134" w:left="1701" w:header="0" w:footer="0" '
    'w:gutter="0"/></w:sectPr>'
)
_FONT = (
    '<w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman"/>'
    '{bold}<w:sz w:val="28"/><w:lang w:val="ru-RU"/></w:rPr>'
)


def write(paragraphs: Sequence[Paragraph]) -> bytes:
    """Return *paragraphs* as a file that word processors open."""
    body = "".join(_paragraph(one) for one in paragraphs)
    document = f'{_HEAD}<w:document xmlns:w="{_WORDS}"><w:body>{body}{_PAGE}</w:body></w:document>'
    parts: Mapping[str, str] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELATIONS,
        "word/document.xml": document,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(entry(name), content.encode())
    return out.getvalue()


def entry(name: str) -> zipfile.ZipInfo:
    """Return a place in a zip file that names no hour and no machine."""
    found = zipfile.ZipInfo(name, _EPOCH)
    found.compress_type = zipfile.ZIP_DEFLATED
    found.create_system = 0  # the same on every machine
    return found


def _paragraph(one: Paragraph) -> str:
    font = _FONT.format(bold="<w:b/>" if one.place == "centre" else "")
    place = f'<w:jc w:val="{_PLACES[one.place]}"/>'
    text = escape("".join(letter for letter in one.text if _is_allowed(letter)))
    run = f'<w:r>{font}<w:t xml:space="preserve">{text}</w:t></w:r>' if text else ""
    return f'<w:p><w:pPr><w:spacing w:after="120"/>{place}</w:pPr>{run}</w:p>'


def _is_allowed(letter: str) -> bool:
    """Tell whether XML 1.0 can hold *letter*; a stray control character must not break a whole paper."""
    at = ord(letter)
    return at in (0x9, 0xA, 0xD) or 0x20 <= at < 0xD800 or 0xE000 <= at < 0xFFFE or at >= 0x10000
