-- An index whose condition names a column that every hold changes is written by every hold. These conditions name a
-- flag that seldom changes: no statement of the ledger sets it, a trigger does, and only when it must change.
ALTER TABLE lots ADD COLUMN used_up INTEGER NOT NULL DEFAULT 0 CHECK (used_up IN (0, 1));
UPDATE lots SET used_up = 1 WHERE available = 0 AND held = 0;
DROP INDEX lots_to_draw;
DROP INDEX lots_to_expire;
DROP INDEX lots_to_close;
CREATE INDEX lots_to_draw ON lots (wallet_id) WHERE used_up = 0;
CREATE INDEX lots_to_expire ON lots (ends_us) WHERE used_up = 0 AND ends_us IS NOT NULL;
CREATE INDEX lots_to_close ON lots (ends_us) WHERE used_up = 0 AND roll_over IS NOT NULL;
CREATE TRIGGER lots_tell_when_used_up AFTER UPDATE OF available, held ON lots
WHEN NEW.used_up <> (NEW.available = 0 AND NEW.held = 0)
BEGIN UPDATE lots SET used_up = (NEW.available = 0 AND NEW.held = 0) WHERE lot_id = NEW.lot_id; END;
CREATE TRIGGER lots_used_up_is_true BEFORE UPDATE OF used_up ON lots
WHEN NEW.used_up <> (NEW.available = 0 AND NEW.held = 0)
BEGIN SELECT RAISE(ABORT, 'a lot is used up when nothing is in it'); END;
CREATE TRIGGER lots_open_as_they_are BEFORE INSERT ON lots
WHEN NEW.used_up <> (NEW.available = 0 AND NEW.held = 0)
BEGIN SELECT RAISE(ABORT, 'a lot is used up when nothing is in it'); END;

-- Whether an account owes is computed where it is asked for; its index is written by debts alone.
ALTER TABLE accounts ADD COLUMN owing INTEGER NOT NULL
    GENERATED ALWAYS AS (kind = 'debt' AND balance < 0) VIRTUAL;
DROP INDEX accounts_in_debt;
CREATE INDEX accounts_in_debt ON accounts (wallet_id) WHERE owing = 1;
