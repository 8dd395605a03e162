"""Small statements that tests of the compliance auditor start from."""

HEAD = """
name: Shop
frameworks: [nist-csf-2.0, iso-27001, soc-2, cis-8.1]
period: {start: 2026-01-01, end: 2026-12-31}
"""
SHOWN = (
    HEAD
    + """
evidence: [{id: E1, title: Settings, date: 2026-02-01, kind: configuration, shows: [mfa]}]
practices: {mfa: met}
"""
)
