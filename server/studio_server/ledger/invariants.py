"""The invariants that one query can check: each query gives the subjects that break its rule."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One query of one invariant (numbers as in the README); what it finds `breaks` the rule."""

    invariant: int
    breaks: str
    query: str


RULES: tuple[Rule, ...] = (
    Rule(
        1,
        "does not have one entry out and one in that sum to 0",
        """
        SELECT t.transfer_id FROM transfers t LEFT JOIN entries e ON e.transfer_id = t.transfer_id
        GROUP BY t.transfer_id HAVING count(e.sequence) <> 2 OR sum(e.amount) <> 0
        OR sum(CASE WHEN e.account_id = t.from_account AND e.amount = -t.amount THEN 1 ELSE 0 END) <> 1
        OR sum(CASE WHEN e.account_id = t.to_account AND e.amount = t.amount THEN 1 ELSE 0 END) <> 1
        """,
    ),
    Rule(1, "balances do not sum to 0", "SELECT asset FROM accounts GROUP BY asset HAVING sum(balance) <> 0"),
    Rule(
        1,
        "moves between the wrong kinds of account, or two assets",
        """
        SELECT transfer_id FROM transfers t JOIN transfer_kinds k ON k.kind = t.kind
        LEFT JOIN accounts f ON f.account_id = from_account
        LEFT JOIN accounts g ON g.account_id = to_account WHERE f.kind IS DISTINCT FROM k.from_kind
        OR g.kind IS DISTINCT FROM k.to_kind OR f.asset IS DISTINCT FROM t.asset
        OR g.asset IS DISTINCT FROM t.asset
        """,
    ),
    Rule(
        2,
        "stored balance or version differs from its entries",
        """
        SELECT a.account_id FROM accounts a LEFT JOIN
        (SELECT account_id, sum(amount) AS total, count(*) AS lines FROM entries GROUP BY account_id) AS e
        ON e.account_id = a.account_id
        WHERE a.balance <> coalesce(e.total, 0) OR a.version <> coalesce(e.lines, 0)
        """,
    ),
    Rule(
        2,
        "an entry does not continue the one before",
        """
        SELECT account_id || ' version ' || version
        FROM (SELECT *, coalesce(lag(after) OVER one, 0) AS expected, row_number() OVER one AS nth
        FROM entries WINDOW one AS (PARTITION BY account_id ORDER BY sequence)) AS lines
        WHERE before <> expected OR after <> before + amount OR version <> nth
        """,
    ),
    Rule(
        2,
        "is not an account of its wallet or lot",
        """
        SELECT a.account_id FROM accounts a LEFT JOIN wallets w ON w.wallet_id = a.wallet_id
        LEFT JOIN lots l ON l.lot_id = a.lot_id WHERE w.asset IS DISTINCT FROM a.asset
        OR (a.lot_id IS NOT NULL AND l.wallet_id IS DISTINCT FROM a.wallet_id)
        OR a.account_id <> coalesce(a.lot_id || '/' || substr(a.kind, 5), a.wallet_id || '/' || a.kind)
        """,
    ),
    Rule(
        3,
        "parts do not add up to the amount granted",
        """
        SELECT lot_id FROM lots l LEFT JOIN grants g ON g.grant_id = l.grant_id
        WHERE l.amount IS DISTINCT FROM g.amount OR l.amount <> available + held + spent + expired + revoked
        OR available < 0 OR held < 0 OR spent < 0 OR expired < 0 OR revoked < 0
        OR voided < 0 OR voided > l.amount OR owed < 0 OR owed > voided
        """,
    ),
    Rule(
        3,
        "differs from its accounts",
        """
        SELECT l.lot_id FROM lots l LEFT JOIN accounts a ON a.account_id = l.lot_id || '/available'
        LEFT JOIN accounts h ON h.account_id = l.lot_id || '/held'
        WHERE a.balance IS DISTINCT FROM l.available OR h.balance IS DISTINCT FROM l.held
        """,
    ),
    Rule(
        3,
        "is not used up although nothing is in it, or the other way round",
        """
        SELECT lot_id FROM lots
        WHERE used_up <> CASE WHEN available = 0 AND held = 0 THEN 1 ELSE 0 END
        """,
    ),
    Rule(
        4,
        "is below zero",
        "SELECT account_id FROM accounts WHERE balance < 0 AND kind NOT IN ('issuance', 'debt')",
    ),
    Rule(4, "is a debt above zero", "SELECT account_id FROM accounts WHERE balance > 0 AND kind = 'debt'"),
    Rule(
        4,
        "owes another amount than was taken back and not paid",
        """
        SELECT a.account_id FROM accounts a LEFT JOIN
        (SELECT account_id, sum(amount) AS amount FROM
        (SELECT from_account AS account_id, -amount AS amount FROM transfers WHERE kind = 'owe'
        UNION ALL SELECT to_account, amount FROM transfers WHERE kind = 'cover') AS moves
        GROUP BY account_id) AS owed ON owed.account_id = a.account_id
        WHERE a.kind = 'debt' AND a.balance <> coalesce(owed.amount, 0)
        """,
    ),
    Rule(
        5,
        "amount is not a whole number within its range",
        """
        SELECT transfer_id FROM transfers WHERE amount NOT BETWEEN 1 AND 9007199254740991
        OR amount <> round(amount)
        """,
    ),
    Rule(
        6,
        "is not open, settled, released or expired as a whole",
        """
        SELECT hold_id FROM holds WHERE settled < 0 OR settled > ceiling
        OR settled + returned <> CASE state WHEN 'open' THEN 0 ELSE ceiling END
        OR (state <> 'settled' AND settled <> 0) OR (state = 'open') <> (ended_us IS NULL)
        OR (reversed <> 0 AND reversed <> settled)
        """,
    ),
    Rule(
        6,
        "does not have exactly the one end on record",
        """
        SELECT h.hold_id FROM holds h
        LEFT JOIN effects e ON e.hold_id = h.hold_id AND e.kind IN ('settle', 'release', 'expire_hold')
        GROUP BY h.hold_id, h.state HAVING count(e.sequence) <> CASE h.state WHEN 'open' THEN 0 ELSE 1 END
        OR max(e.kind) IS DISTINCT FROM CASE h.state WHEN 'settled' THEN 'settle' WHEN 'released' THEN
        'release' WHEN 'expired' THEN 'expire_hold' END
        """,
    ),
    Rule(
        6,
        "pins another amount than it set aside",
        """
        SELECT h.hold_id FROM holds h LEFT JOIN hold_lots p ON p.hold_id = h.hold_id
        GROUP BY h.hold_id, h.ceiling HAVING h.ceiling IS DISTINCT FROM sum(p.amount)
        """,
    ),
    Rule(
        6,
        "was given back another amount than is on record",
        """
        SELECT h.hold_id FROM holds h LEFT JOIN
        (SELECT hold_id, sum(amount) AS amount FROM transfers WHERE kind IN ('unspend', 'unspend_lapsed')
        GROUP BY hold_id) AS undone ON undone.hold_id = h.hold_id
        WHERE h.reversed <> coalesce(undone.amount, 0)
        """,
    ),
    Rule(
        6,
        "undoes a transfer of another amount, lot or kind",
        """
        SELECT t.transfer_id FROM transfers t LEFT JOIN transfers o ON o.transfer_id = t.reverses
        WHERE (t.reverses IS NOT NULL OR t.kind LIKE 'unspend%' OR t.kind LIKE 'reinstate%')
        AND (o.amount IS DISTINCT FROM t.amount OR o.kind IS NULL OR NOT (
        (o.kind = 'settle' AND t.kind IN ('unspend', 'unspend_lapsed') AND o.lot_id = t.lot_id)
        OR (o.kind IN ('revoke', 'owe') AND t.kind IN ('reinstate', 'reinstate_lapsed'))))
        """,
    ),
    Rule(
        8,
        "holds another amount than its open holds",
        """
        SELECT w.wallet_id FROM wallets w WHERE (SELECT coalesce(sum(held), 0) FROM lots l
        WHERE l.wallet_id = w.wallet_id) <> (SELECT coalesce(sum(ceiling), 0) FROM holds h
        WHERE h.wallet_id = w.wallet_id AND state = 'open')
        """,
    ),
    Rule(
        9,
        "drew from, or went back to, a lot outside its time",
        """
        SELECT transfer_id FROM transfers t JOIN lots l ON l.lot_id = t.lot_id
        WHERE (t.kind IN ('hold', 'return', 'cover', 'give', 'unspend') AND l.ends_us IS NOT NULL
        AND l.ends_us <= t.recorded_us)
        OR (t.kind IN ('hold', 'cover', 'give') AND l.effective_us > t.recorded_us)
        OR (t.kind IN ('lapse', 'lapse_held', 'unspend_lapsed', 'reinstate_lapsed', 'roll')
        AND (l.ends_us IS NULL OR l.ends_us > t.recorded_us))
        """,
    ),
    Rule(
        11,
        "settled and held are above the cap",
        "SELECT wallet_id || ' ' || period || ' ' || start_us FROM windows"
        " WHERE settled - reversed + held > cap",
    ),
    Rule(
        11,
        "differs from the holds placed in it",
        """
        SELECT w.wallet_id || ' ' || w.period || ' ' || w.start_us FROM windows w
        LEFT JOIN (SELECT wallet_id, period, subject, start_us, sum(settled) AS settled,
        sum(reversed) AS reversed, sum(CASE state WHEN 'open' THEN ceiling ELSE 0 END) AS held FROM
        (SELECT wallet_id, 'day' AS period, '' AS subject, day_start_us AS start_us, settled, reversed,
        state, ceiling FROM holds
        UNION ALL SELECT wallet_id, 'month', '', month_start_us, settled, reversed, state, ceiling FROM holds
        UNION ALL SELECT wallet_id, 'member', member_id, month_start_us, settled, reversed, state, ceiling
        FROM holds WHERE member_id IS NOT NULL
        UNION ALL SELECT h.wallet_id, 'envelope', h.envelope_id, e.opened_us, settled, reversed, state,
        h.ceiling FROM holds h JOIN envelopes e ON e.envelope_id = h.envelope_id) AS counted
        GROUP BY wallet_id, period, subject, start_us) AS sums ON sums.wallet_id = w.wallet_id
        AND sums.period = w.period AND sums.subject = w.subject AND sums.start_us = w.start_us
        WHERE w.settled <> coalesce(sums.settled, 0) OR w.reversed <> coalesce(sums.reversed, 0)
        OR w.held <> coalesce(sums.held, 0)
        """,
    ),
    Rule(
        13,
        "have a gap in their sequence",
        """
        SELECT 'entries' WHERE (SELECT count(*) FROM entries)
        <> (SELECT coalesce(max(sequence), 0) FROM entries)
        """,
    ),
    Rule(
        13,
        "was recorded before the entry it follows",
        """
        SELECT 'entry ' || sequence
        FROM (SELECT sequence, recorded_us, lag(recorded_us) OVER (ORDER BY sequence) AS earlier
        FROM entries) AS lines WHERE recorded_us < earlier
        """,
    ),
    Rule(
        13,
        "was recorded after the latest recorded time",
        """
        SELECT 'audit row ' || max(sequence) FROM audit HAVING max(recorded_us) > (SELECT at_us
        FROM recorded_time)
        """,
    ),
)

RULES_OF_SQLITE: tuple[Rule, ...] = (
    Rule(
        13,
        "does not point at the effect before it of its wallet",
        """
        SELECT 'effect ' || o.sequence FROM
        (SELECT sequence, lag(sequence) OVER (PARTITION BY wallet_id ORDER BY sequence) AS before
        FROM effects) AS o LEFT JOIN effect_links l ON l.sequence = o.sequence
        WHERE l.sequence IS NULL OR l.previous IS NOT o.before
        """,
    ),
    Rule(
        13,
        "does not know its latest effect",
        """
        SELECT a.account_id FROM accounts a LEFT JOIN
        (SELECT wallet_id, max(sequence) AS sequence FROM effects GROUP BY wallet_id) AS o
        ON a.account_id = o.wallet_id || '/debt' WHERE a.latest_effect IS NOT o.sequence
        """,
    ),
    Rule(
        13,
        "links an effect that is not there",
        "SELECT sequence FROM effect_links WHERE sequence NOT IN (SELECT sequence FROM effects)",
    ),
)
"""What PostgreSQL asks its index, SQLite keeps as a chain."""
