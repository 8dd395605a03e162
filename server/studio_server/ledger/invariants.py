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
        SELECT t.transfer_id FROM transfers t LEFT JOIN entries e USING (transfer_id)
        GROUP BY t.transfer_id HAVING count(e.sequence) <> 2 OR sum(e.amount) <> 0
        OR sum(e.account_id = t.from_account AND e.amount = -t.amount) <> 1
        OR sum(e.account_id = t.to_account AND e.amount = t.amount) <> 1
        """,
    ),
    Rule(1, "balances do not sum to 0", "SELECT asset FROM accounts GROUP BY asset HAVING sum(balance) <> 0"),
    Rule(
        1,
        "moves between the wrong kinds of account, or two assets",
        """
        SELECT transfer_id FROM transfers t JOIN transfer_kinds k USING (kind)
        LEFT JOIN accounts f ON f.account_id = from_account
        LEFT JOIN accounts g ON g.account_id = to_account WHERE f.kind IS NOT k.from_kind
        OR g.kind IS NOT k.to_kind OR f.asset IS NOT t.asset OR g.asset IS NOT t.asset
        """,
    ),
    Rule(
        2,
        "stored balance or version differs from its entries",
        """
        SELECT a.account_id FROM accounts a LEFT JOIN entries e USING (account_id)
        GROUP BY a.account_id HAVING a.balance <> coalesce(sum(e.amount), 0)
        OR a.version <> count(e.sequence)
        """,
    ),
    Rule(
        2,
        "an entry does not continue the one before",
        """
        SELECT account_id || ' version ' || version
        FROM (SELECT *, lag(after, 1, 0) OVER one AS expected, row_number() OVER one AS nth
        FROM entries WINDOW one AS (PARTITION BY account_id ORDER BY sequence))
        WHERE before <> expected OR after <> before + amount OR version <> nth
        """,
    ),
    Rule(
        2,
        "is not an account of its wallet or lot",
        """
        SELECT account_id FROM accounts a LEFT JOIN wallets w USING (wallet_id)
        LEFT JOIN lots l USING (lot_id) WHERE w.asset IS NOT a.asset
        OR (a.lot_id IS NOT NULL AND l.wallet_id IS NOT a.wallet_id)
        OR account_id <> coalesce(lot_id || '/' || substr(kind, 5), a.wallet_id || '/' || kind)
        """,
    ),
    Rule(
        3,
        "parts do not add up to the amount granted",
        """
        SELECT lot_id FROM lots l LEFT JOIN grants g USING (grant_id) WHERE l.amount IS NOT g.amount
        OR l.amount <> available + held + spent + expired + revoked
        OR min(available, held, spent, expired, revoked) < 0
        """,
    ),
    Rule(
        3,
        "differs from its accounts",
        """
        SELECT l.lot_id FROM lots l LEFT JOIN accounts a ON a.account_id = l.lot_id || '/available'
        LEFT JOIN accounts h ON h.account_id = l.lot_id || '/held'
        WHERE a.balance IS NOT l.available OR h.balance IS NOT l.held
        """,
    ),
    Rule(
        4,
        "is below zero",
        "SELECT account_id FROM accounts WHERE balance < 0 AND kind NOT IN ('issuance', 'debt')",
    ),
    Rule(
        5,
        "amount is not a whole number within its range",
        """
        SELECT transfer_id FROM transfers WHERE typeof(amount) <> 'integer'
        OR amount NOT BETWEEN 1 AND 9007199254740991
        """,
    ),
    Rule(
        6,
        "is not open, settled, released or expired as a whole",
        """
        SELECT hold_id FROM holds WHERE settled < 0 OR settled > ceiling
        OR settled + returned <> CASE state WHEN 'open' THEN 0 ELSE ceiling END
        OR (state <> 'settled' AND settled <> 0) OR (state = 'open') <> (ended_us IS NULL)
        """,
    ),
    Rule(
        6,
        "does not have exactly the one end on record",
        """
        SELECT h.hold_id FROM holds h
        LEFT JOIN effects e ON e.hold_id = h.hold_id AND e.kind IN ('settle', 'release', 'expire_hold')
        GROUP BY h.hold_id HAVING count(e.sequence) <> (h.state <> 'open')
        OR max(e.kind) IS NOT CASE h.state WHEN 'settled' THEN 'settle' WHEN 'released' THEN
        'release' WHEN 'expired' THEN 'expire_hold' END
        """,
    ),
    Rule(
        6,
        "pins another amount than it set aside",
        """
        SELECT h.hold_id FROM holds h LEFT JOIN hold_lots p USING (hold_id) GROUP BY h.hold_id
        HAVING h.ceiling IS NOT sum(p.amount)
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
        SELECT transfer_id FROM transfers t JOIN lots l USING (lot_id)
        WHERE (t.kind IN ('hold', 'return') AND l.ends_us IS NOT NULL AND l.ends_us <=
        t.recorded_us)
        OR (t.kind = 'hold' AND l.effective_us > t.recorded_us)
        OR (t.kind IN ('lapse', 'lapse_held') AND (l.ends_us IS NULL OR l.ends_us > t.recorded_us))
        """,
    ),
    Rule(
        11,
        "settled and held are above the cap",
        "SELECT wallet_id || ' ' || period || ' ' || start_us FROM windows WHERE settled + held > cap",
    ),
    Rule(
        11,
        "differs from the holds placed in it",
        """
        SELECT w.wallet_id || ' ' || period || ' ' || start_us FROM windows w
        LEFT JOIN holds h ON h.wallet_id = w.wallet_id AND start_us = CASE period WHEN 'day' THEN
        day_start_us ELSE month_start_us END
        GROUP BY w.wallet_id, period, start_us HAVING w.settled <> coalesce(sum(h.settled), 0)
        OR w.held <> coalesce(sum(CASE h.state WHEN 'open' THEN h.ceiling ELSE 0 END), 0)
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
        FROM (SELECT sequence, recorded_us, lag(recorded_us, 1, 0) OVER (ORDER BY sequence) AS
        earlier
        FROM entries) WHERE recorded_us < earlier
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
