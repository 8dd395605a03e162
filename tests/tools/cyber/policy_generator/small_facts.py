"""Facts that tests of the policy generator start from: no contradiction in them."""

FACTS = """
name: Shop
staff: 40
roles: {owner: Ada, approver: Grace, privacy: Alan}
approved: 2026-02-01
frameworks: [iso-27001]
data: [personal, confidential]
"""
