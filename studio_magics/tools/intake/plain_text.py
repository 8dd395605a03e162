"""Text: which encodings are taken, and what is no text at all, told from the first bytes."""

from __future__ import annotations

import codecs

from studio_magics.tools.intake.refusal import IntakeRefused

LOOKED_AT_BYTES = 1 << 12
MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
    (b"+/v8", "UTF-7"),
    (b"+/v9", "UTF-7"),
    (b"\xdd\x73\x66\x73", "UTF-EBCDIC"),
    (b"\x0e\xfe\xff", "SCSU"),
    (b"\x84\x31\x95\x33", "GB 18030"),
)
SAVE = "save it as UTF-8, for example with `iconv -t utf-8`"
SPACES = b"\t\n\r\f\x1b"


def refuse_other_encoding(head: bytes) -> None:
    """Refuse text in an encoding that is not read here.

    Raises:
        IntakeRefused: It is marked as such, or holds zero bytes.
    """
    for mark, name in MARKS:
        if head.startswith(mark):
            raise IntakeRefused(f"text in {name}", "text in UTF-8", SAVE)
    zeros = head[:LOOKED_AT_BYTES].count(b"\x00")
    if zeros * 3 > min(len(head), LOOKED_AT_BYTES):
        raise IntakeRefused("text that looks like UTF-16 without a mark", "text in UTF-8", SAVE)
    if zeros:
        raise IntakeRefused("binary content (a zero byte) in a text file", "text in UTF-8", SAVE)


def decoded(content: bytes) -> str:
    """The text, without a byte order mark.

    Raises:
        IntakeRefused: It is not UTF-8.
    """
    refuse_other_encoding(content[:LOOKED_AT_BYTES])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise IntakeRefused("text that is not UTF-8", "text in UTF-8", SAVE) from error
    if any(sign < " " and ord(sign) not in SPACES for sign in set(text)):
        raise IntakeRefused("control characters in a text file", "text in UTF-8", SAVE)
    return text
