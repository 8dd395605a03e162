"""How tools write sizes and numbers for people."""


def counted(count: int, noun: str) -> str:
    """'1 row', '2 rows', '1,234 rows'; for nouns that take an s."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def size_text(size_bytes: int) -> str:
    """'812 bytes', '20.4 kB', '1.5 MB', '2 GB': counted by 1000, as the limits of runs are."""
    size, unit = float(size_bytes), "bytes"
    for larger in ("kB", "MB", "GB"):
        if size < 1000:  # noqa: PLR2004  - the base of the units
            break
        size, unit = size / 1000, larger
    return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f}".removesuffix(".0") + f" {unit}"
