-- Every command of the ledger: zones, debt, members, envelopes, reversals, roll-over.
ALTER TABLE wallets ADD COLUMN zone TEXT NOT NULL DEFAULT 'UTC' CHECK (length(zone) BETWEEN 1 AND 64);

-- `voided` of the grant was taken back; the part of it that was not there any more is `owed`.
ALTER TABLE lots ADD COLUMN voided INTEGER NOT NULL DEFAULT 0 CHECK (voided BETWEEN 0 AND amount);
ALTER TABLE lots ADD COLUMN owed INTEGER NOT NULL DEFAULT 0 CHECK (owed BETWEEN 0 AND voided);
ALTER TABLE lots ADD COLUMN roll_over INTEGER CHECK (roll_over BETWEEN 1 AND 9007199254740991);
CREATE INDEX lots_to_close ON lots (ends_us) WHERE roll_over IS NOT NULL AND available > 0;
CREATE TRIGGER lots_keep_their_roll_over BEFORE UPDATE ON lots
WHEN NEW.roll_over IS NOT OLD.roll_over OR NEW.voided < OLD.voided OR NEW.owed < OLD.owed
BEGIN SELECT RAISE(ABORT, 'a lot keeps its terms'); END;

-- Only debt may owe, and it never turns into a balance.
CREATE TRIGGER debt_stays_below_zero BEFORE UPDATE ON accounts WHEN NEW.kind = 'debt' AND NEW.balance > 0
BEGIN SELECT RAISE(ABORT, 'a debt is never above zero'); END;
CREATE INDEX accounts_in_debt ON accounts (wallet_id) WHERE kind = 'debt' AND balance < 0;

CREATE TABLE members (
    wallet_id TEXT NOT NULL REFERENCES wallets,
    member_id TEXT NOT NULL CHECK (length(member_id) BETWEEN 1 AND 255),
    cap       INTEGER CHECK (cap BETWEEN 0 AND 9007199254740991),
    active    INTEGER NOT NULL CHECK (active IN (0, 1)),
    PRIMARY KEY (wallet_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER members_never_deleted BEFORE DELETE ON members
BEGIN SELECT RAISE(ABORT, 'members are never deleted'); END;

CREATE TABLE envelopes (
    envelope_id TEXT PRIMARY KEY,
    wallet_id   TEXT NOT NULL REFERENCES wallets,
    purpose     TEXT NOT NULL CHECK (length(purpose) BETWEEN 1 AND 255),
    ceiling     INTEGER NOT NULL CHECK (ceiling BETWEEN 1 AND 9007199254740991),
    opened_us   INTEGER NOT NULL,
    ends_us     INTEGER NOT NULL CHECK (ends_us > opened_us),
    closed_us   INTEGER CHECK (closed_us >= opened_us)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER envelopes_never_deleted BEFORE DELETE ON envelopes
BEGIN SELECT RAISE(ABORT, 'envelopes are never deleted'); END;
CREATE TRIGGER envelopes_keep_their_terms BEFORE UPDATE ON envelopes
WHEN NEW.envelope_id <> OLD.envelope_id OR NEW.wallet_id <> OLD.wallet_id OR NEW.purpose <> OLD.purpose
  OR NEW.ceiling <> OLD.ceiling OR NEW.opened_us <> OLD.opened_us OR NEW.ends_us <> OLD.ends_us
  OR OLD.closed_us IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'an envelope keeps its terms'); END;

-- Who spends, in which envelope, and what was given back after it was settled.
ALTER TABLE holds ADD COLUMN member_id TEXT;
ALTER TABLE holds ADD COLUMN envelope_id TEXT REFERENCES envelopes;
ALTER TABLE holds ADD COLUMN reversed INTEGER NOT NULL DEFAULT 0 CHECK (reversed IN (0, settled));
DROP TRIGGER holds_end_once;
CREATE TRIGGER holds_end_once BEFORE UPDATE ON holds
WHEN OLD.state <> 'open' AND (NEW.state <> OLD.state OR NEW.settled <> OLD.settled
  OR NEW.returned <> OLD.returned OR NEW.ended_us IS NOT OLD.ended_us OR OLD.reversed <> 0)
BEGIN SELECT RAISE(ABORT, 'a hold ends once'); END;
CREATE TRIGGER holds_keep_their_payer BEFORE UPDATE ON holds
WHEN NEW.member_id IS NOT OLD.member_id OR NEW.envelope_id IS NOT OLD.envelope_id
BEGIN SELECT RAISE(ABORT, 'a hold keeps its terms'); END;

-- A window of a member or an envelope is one more kind of window; what was given back counts no longer.
DROP TRIGGER windows_settled_never_falls;
DROP TRIGGER windows_never_deleted;
CREATE TABLE windows_of_every_kind (
    wallet_id TEXT NOT NULL REFERENCES wallets,
    period    TEXT NOT NULL CHECK (period IN ('day', 'month', 'member', 'envelope')),
    subject   TEXT NOT NULL,
    start_us  INTEGER NOT NULL,
    ends_us   INTEGER NOT NULL CHECK (ends_us > start_us),
    cap       INTEGER CHECK (cap >= 0),
    settled   INTEGER NOT NULL CHECK (settled >= 0),
    held      INTEGER NOT NULL CHECK (held >= 0),
    reversed  INTEGER NOT NULL CHECK (reversed BETWEEN 0 AND settled),
    PRIMARY KEY (wallet_id, period, subject, start_us),
    CHECK (cap IS NULL OR settled - reversed + held <= cap),
    CHECK ((period IN ('member', 'envelope')) = (subject <> ''))
) STRICT, WITHOUT ROWID;
INSERT INTO windows_of_every_kind
SELECT wallet_id, period, '', start_us, ends_us, cap, settled, held, 0 FROM windows;
DROP TABLE windows;
ALTER TABLE windows_of_every_kind RENAME TO windows;
CREATE TRIGGER windows_settled_never_falls BEFORE UPDATE ON windows
WHEN NEW.settled < OLD.settled OR NEW.reversed < OLD.reversed
BEGIN SELECT RAISE(ABORT, 'what a window settled never falls'); END;
CREATE TRIGGER windows_never_deleted BEFORE DELETE ON windows
BEGIN SELECT RAISE(ABORT, 'windows are never deleted'); END;

INSERT INTO transfer_kinds VALUES
    ('revoke',           'lot_available', 'revoked'),
    ('owe',              'debt',          'revoked'),
    ('cover',            'lot_available', 'debt'),
    ('give',             'lot_available', 'lot_available'),
    ('roll',             'lot_available', 'lot_available'),
    ('unspend',          'revenue',       'lot_available'),
    ('unspend_lapsed',   'revenue',       'expired'),
    ('reinstate',        'revoked',       'lot_available'),
    ('reinstate_lapsed', 'revoked',       'expired');
CREATE TRIGGER transfer_kinds_never_updated BEFORE UPDATE ON transfer_kinds
BEGIN SELECT RAISE(ABORT, 'kinds of transfer are never updated'); END;

-- A transfer into another lot names it; a transfer that undoes another one points at it, once.
ALTER TABLE transfers ADD COLUMN to_lot_id TEXT REFERENCES lots;
ALTER TABLE transfers ADD COLUMN reverses TEXT REFERENCES transfers;
CREATE UNIQUE INDEX transfers_reverse_once ON transfers (reverses) WHERE reverses IS NOT NULL;
CREATE INDEX transfers_by_hold ON transfers (hold_id) WHERE kind = 'settle';
