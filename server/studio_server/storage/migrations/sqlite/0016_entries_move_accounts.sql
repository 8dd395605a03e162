-- An entry moves its account itself, so that (account, version) needs no index of its own over all entries: an entry
-- is taken only if its account stands at the balance before it and at the version before it, and leaves it at the next.
-- An account moves in no other way, and versions rise by one, so no two entries of an account have one version.
CREATE TABLE entries_that_move (
    sequence    INTEGER PRIMARY KEY,
    transfer_id TEXT NOT NULL REFERENCES transfers,
    account_id  TEXT NOT NULL REFERENCES accounts,
    amount      INTEGER NOT NULL CHECK (amount <> 0),
    before      INTEGER NOT NULL,
    after       INTEGER NOT NULL CHECK (after = before + amount),
    version     INTEGER NOT NULL CHECK (version >= 1),
    recorded_us INTEGER NOT NULL
) STRICT;
INSERT INTO entries_that_move
SELECT sequence, transfer_id, account_id, amount, before, after, version, recorded_us FROM entries ORDER BY sequence;
DROP TRIGGER entries_never_deleted;
DROP TRIGGER entries_never_updated;
DROP TABLE entries;
ALTER TABLE entries_that_move RENAME TO entries;
CREATE INDEX entries_by_transfer ON entries (transfer_id);
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

-- What is asked of the entries of a debt, and of all entries of a wallet, is found by their transfers.
CREATE INDEX transfers_that_owe ON transfers (from_account) WHERE kind = 'owe';
CREATE INDEX transfers_into_lots ON transfers (to_lot_id) WHERE to_lot_id IS NOT NULL;
