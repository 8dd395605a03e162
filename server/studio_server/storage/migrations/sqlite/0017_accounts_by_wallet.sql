-- foreign keys: off
-- All accounts of a wallet lie side by side, so that a settlement, which moves three of them, writes one page instead
-- of two. What points at an account therefore names the column; a parent is rebuilt with its children.
CREATE TABLE accounts_by_wallet (
    account_id TEXT NOT NULL UNIQUE,
    wallet_id  TEXT NOT NULL REFERENCES wallets,
    lot_id     TEXT REFERENCES lots,
    kind       TEXT NOT NULL CHECK (kind IN ('issuance', 'lot_available', 'lot_held', 'revenue', 'expired',
                                             'revoked', 'debt', 'adjustment')),
    asset      TEXT NOT NULL CHECK (asset IN ('CREDIT', 'USD')),
    balance    INTEGER NOT NULL,
    version    INTEGER NOT NULL CHECK (version >= 0),
    owing      INTEGER NOT NULL GENERATED ALWAYS AS (kind = 'debt' AND balance < 0) VIRTUAL,
    PRIMARY KEY (wallet_id, account_id),
    CHECK (balance >= 0 OR kind IN ('issuance', 'debt')),
    CHECK ((kind IN ('lot_available', 'lot_held')) = (lot_id IS NOT NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO accounts_by_wallet (account_id, wallet_id, lot_id, kind, asset, balance, version)
SELECT account_id, wallet_id, lot_id, kind, asset, balance, version FROM accounts ORDER BY wallet_id, account_id;

-- A serial needs no index of its own: what an effect moves or opens carries it in its id, which is a primary key.
CREATE TABLE effects_by_key (
    sequence         INTEGER PRIMARY KEY,
    effect_key       TEXT NOT NULL UNIQUE CHECK (length(effect_key) BETWEEN 5 AND 300),
    serial           TEXT NOT NULL,
    kind             TEXT NOT NULL,
    wallet_id        TEXT NOT NULL REFERENCES wallets,
    hold_id          TEXT,
    lot_id           TEXT,
    body             TEXT NOT NULL,
    answer           TEXT NOT NULL,
    recorded_us      INTEGER NOT NULL,
    available_change INTEGER NOT NULL,
    held_change      INTEGER NOT NULL,
    spent            INTEGER NOT NULL CHECK (spent >= 0),
    available_after  INTEGER NOT NULL CHECK (available_after >= 0),
    held_after       INTEGER NOT NULL CHECK (held_after >= 0)
) STRICT;
INSERT INTO effects_by_key SELECT * FROM effects;

-- The few lots of a hold lie side by side; a trigger looks through them instead of a second tree of them all.
CREATE TABLE hold_lots_by_hold (
    hold_id  TEXT NOT NULL REFERENCES holds,
    position INTEGER NOT NULL CHECK (position >= 0),
    lot_id   TEXT NOT NULL REFERENCES lots,
    amount   INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    PRIMARY KEY (hold_id, position)
) STRICT, WITHOUT ROWID;
INSERT INTO hold_lots_by_hold SELECT * FROM hold_lots;

CREATE TABLE transfers_by_id (
    transfer_id     TEXT PRIMARY KEY,
    effect_sequence INTEGER NOT NULL REFERENCES effects,
    kind            TEXT NOT NULL REFERENCES transfer_kinds,
    from_account    TEXT NOT NULL REFERENCES accounts (account_id),
    to_account      TEXT NOT NULL REFERENCES accounts (account_id),
    lot_id          TEXT REFERENCES lots,
    hold_id         TEXT REFERENCES holds,
    asset           TEXT NOT NULL,
    amount          INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    recorded_us     INTEGER NOT NULL,
    to_lot_id       TEXT REFERENCES lots,
    reverses        TEXT REFERENCES transfers,
    CHECK (from_account <> to_account)
) STRICT, WITHOUT ROWID;
INSERT INTO transfers_by_id SELECT * FROM transfers;

CREATE TABLE entries_in_order (
    sequence    INTEGER PRIMARY KEY,
    transfer_id TEXT NOT NULL REFERENCES transfers,
    account_id  TEXT NOT NULL REFERENCES accounts (account_id),
    amount      INTEGER NOT NULL CHECK (amount <> 0),
    before      INTEGER NOT NULL,
    after       INTEGER NOT NULL CHECK (after = before + amount),
    version     INTEGER NOT NULL CHECK (version >= 1),
    recorded_us INTEGER NOT NULL
) STRICT;
INSERT INTO entries_in_order SELECT * FROM entries;

-- Settlements by hold (transfers_by_hold) are asked for by nobody; that index is not made again.
-- With a table go its indexes and its triggers, which mention the other tables too: all go before one is renamed.
DROP TABLE entries;
DROP TABLE transfers;
DROP TABLE hold_lots;
DROP TABLE effects;
DROP TABLE accounts;
ALTER TABLE accounts_by_wallet RENAME TO accounts;
ALTER TABLE effects_by_key RENAME TO effects;
ALTER TABLE hold_lots_by_hold RENAME TO hold_lots;
ALTER TABLE transfers_by_id RENAME TO transfers;
ALTER TABLE entries_in_order RENAME TO entries;

CREATE INDEX accounts_in_debt ON accounts (owing, wallet_id) WHERE owing = 1;
CREATE INDEX effects_by_wallet ON effects (wallet_id, sequence);
CREATE INDEX transfers_by_effect ON transfers (effect_sequence);
CREATE INDEX transfers_into_lots ON transfers (to_lot_id) WHERE to_lot_id IS NOT NULL;
CREATE INDEX transfers_that_owe ON transfers (from_account) WHERE kind = 'owe';
CREATE UNIQUE INDEX transfers_reverse_once ON transfers (reverses) WHERE reverses IS NOT NULL;
CREATE INDEX entries_by_transfer ON entries (transfer_id);

CREATE TRIGGER hold_lots_pin_once BEFORE INSERT ON hold_lots
WHEN EXISTS (SELECT 1 FROM hold_lots WHERE hold_id = NEW.hold_id AND lot_id = NEW.lot_id)
BEGIN SELECT RAISE(ABORT, 'a hold pins a lot once'); END;
CREATE TRIGGER hold_lots_never_updated BEFORE UPDATE ON hold_lots
BEGIN SELECT RAISE(ABORT, 'pinned lots are never updated'); END;
CREATE TRIGGER hold_lots_never_deleted BEFORE DELETE ON hold_lots
BEGIN SELECT RAISE(ABORT, 'pinned lots are never deleted'); END;
CREATE TRIGGER effects_never_updated BEFORE UPDATE ON effects
BEGIN SELECT RAISE(ABORT, 'effects are never updated'); END;
CREATE TRIGGER effects_never_deleted BEFORE DELETE ON effects
BEGIN SELECT RAISE(ABORT, 'effects are never deleted'); END;
CREATE TRIGGER transfers_never_updated BEFORE UPDATE ON transfers
BEGIN SELECT RAISE(ABORT, 'transfers are never updated'); END;
CREATE TRIGGER transfers_never_deleted BEFORE DELETE ON transfers
BEGIN SELECT RAISE(ABORT, 'transfers are never deleted'); END;
CREATE TRIGGER entries_never_updated BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never updated'); END;
CREATE TRIGGER entries_never_deleted BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;
CREATE TRIGGER entries_move_their_account AFTER INSERT ON entries
BEGIN
    UPDATE accounts SET balance = NEW.after, version = NEW.version
    WHERE account_id = NEW.account_id AND balance = NEW.before AND version = NEW.version - 1;
    SELECT RAISE(ABORT, 'an entry continues the one before') WHERE changes() <> 1;
END;
CREATE TRIGGER accounts_move_by_entries BEFORE UPDATE OF balance, version ON accounts
WHEN NOT EXISTS (SELECT 1 FROM entries WHERE sequence = (SELECT max(sequence) FROM entries)
                 AND account_id = OLD.account_id AND before = OLD.balance AND after = NEW.balance
                 AND version = NEW.version AND version = OLD.version + 1)
BEGIN SELECT RAISE(ABORT, 'an account moves by its latest entry'); END;
CREATE TRIGGER accounts_keep_their_terms BEFORE UPDATE OF account_id, wallet_id, lot_id, kind, asset ON accounts
BEGIN SELECT RAISE(ABORT, 'an account keeps its terms'); END;
CREATE TRIGGER accounts_open_empty BEFORE INSERT ON accounts WHEN NEW.balance <> 0 OR NEW.version <> 0
BEGIN SELECT RAISE(ABORT, 'an account opens empty'); END;
CREATE TRIGGER accounts_never_deleted BEFORE DELETE ON accounts
BEGIN SELECT RAISE(ABORT, 'accounts are never deleted'); END;
CREATE TRIGGER debt_stays_below_zero BEFORE UPDATE ON accounts WHEN NEW.kind = 'debt' AND NEW.balance > 0
BEGIN SELECT RAISE(ABORT, 'a debt is never above zero'); END;
