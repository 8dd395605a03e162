"""Splits a `%studio` line into words, keeping what was quoted: a quoted word is text and never a variable."""

from dataclasses import dataclass

from studio_magics.client.refusals import UsageRefused

QUOTES = "'\""


@dataclass(frozen=True)
class Word:
    """One word of the line."""

    text: str
    quoted: bool = False

    @property
    def is_option(self) -> bool:
        """Whether it starts with two dashes, as in '--data' or '--data=orders'."""
        return self.text.startswith("--") and len(self.text) > 2  # noqa: PLR2004  - more than the dashes


def split(line: str) -> list[Word]:
    """The words of the line.

    Raises:
        UsageRefused: A quote is not closed.
    """
    words: list[Word] = []
    text, quote, quoted, started = "", "", False, False
    for sign in line:
        if quote:
            quote, text = ("", text) if sign == quote else (quote, text + sign)
        elif sign in QUOTES and (not text or text.endswith("=")):
            quote, quoted, started = sign, True, True
        elif not sign.isspace():
            text, started = text + sign, True
        elif started:
            words.append(Word(text, quoted))
            text, quoted, started = "", False, False
    if quote:
        raise UsageRefused(f"A quote {quote} is not closed.", action=f"close it: {line.strip()[-40:]}{quote}")
    return [*words, Word(text, quoted)] if started else words
