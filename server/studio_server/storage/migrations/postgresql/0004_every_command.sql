-- Every command of the ledger: zones, debt, members, envelopes, reversals, roll-over.
ALTER TABLE wallets ADD COLUMN zone text COLLATE "C" NOT NULL DEFAULT 'UTC' CHECK (length(zone) BETWEEN 1 AND 64);

-- `voided` of the grant was taken back; the part of it that was not there any more is `owed`.
ALTER TABLE lots ADD COLUMN voided bigint NOT NULL DEFAULT 0 CHECK (voided BETWEEN 0 AND amount);
ALTER TABLE lots ADD COLUMN owed bigint NOT NULL DEFAULT 0 CHECK (owed BETWEEN 0 AND voided);
ALTER TABLE lots ADD COLUMN roll_over bigint CHECK (roll_over BETWEEN 1 AND 9007199254740991);
CREATE INDEX lots_to_close ON lots (ends_us) WHERE roll_over IS NOT NULL AND available > 0;
CREATE TRIGGER lots_keep_their_roll_over BEFORE UPDATE ON lots FOR EACH ROW
    WHEN (NEW.roll_over IS DISTINCT FROM OLD.roll_over OR NEW.voided < OLD.voided OR NEW.owed < OLD.owed)
    EXECUTE FUNCTION refuse('a lot keeps its terms');

-- Only debt may owe, and it never turns into a balance.
CREATE TRIGGER debt_stays_below_zero BEFORE UPDATE ON accounts FOR EACH ROW
    WHEN (NEW.kind = 'debt' AND NEW.balance > 0)
    EXECUTE FUNCTION refuse('a debt is never above zero');
CREATE INDEX accounts_in_debt ON accounts (wallet_id) WHERE kind = 'debt' AND balance < 0;

CREATE TABLE members (
    wallet_id text COLLATE "C" NOT NULL REFERENCES wallets,
    member_id text COLLATE "C" NOT NULL CHECK (length(member_id) BETWEEN 1 AND 255),
    cap       bigint CHECK (cap BETWEEN 0 AND 9007199254740991),
    active    bigint NOT NULL CHECK (active IN (0, 1)),
    PRIMARY KEY (wallet_id, member_id)
);
CREATE TRIGGER members_never_deleted BEFORE DELETE ON members FOR EACH ROW
    EXECUTE FUNCTION refuse('members are never deleted');

CREATE TABLE envelopes (
    envelope_id text COLLATE "C" PRIMARY KEY,
    wallet_id   text COLLATE "C" NOT NULL REFERENCES wallets,
    purpose     text COLLATE "C" NOT NULL CHECK (length(purpose) BETWEEN 1 AND 255),
    ceiling     bigint NOT NULL CHECK (ceiling BETWEEN 1 AND 9007199254740991),
    opened_us   bigint NOT NULL,
    ends_us     bigint NOT NULL CHECK (ends_us > opened_us),
    closed_us   bigint CHECK (closed_us >= opened_us)
);
CREATE TRIGGER envelopes_never_deleted BEFORE DELETE ON envelopes FOR EACH ROW
    EXECUTE FUNCTION refuse('envelopes are never deleted');
CREATE TRIGGER envelopes_keep_their_terms BEFORE UPDATE ON envelopes FOR EACH ROW
    WHEN (NEW.envelope_id <> OLD.envelope_id OR NEW.wallet_id <> OLD.wallet_id OR NEW.purpose <> OLD.purpose
      OR NEW.ceiling <> OLD.ceiling OR NEW.opened_us <> OLD.opened_us OR NEW.ends_us <> OLD.ends_us
      OR OLD.closed_us IS NOT NULL)
    EXECUTE FUNCTION refuse('an envelope keeps its terms');

-- Who spends, in which envelope, and what was given back after it was settled.
ALTER TABLE holds ADD COLUMN member_id text COLLATE "C";
ALTER TABLE holds ADD COLUMN envelope_id text COLLATE "C" REFERENCES envelopes;
ALTER TABLE holds ADD COLUMN reversed bigint NOT NULL DEFAULT 0 CHECK (reversed IN (0, settled));
DROP TRIGGER holds_end_once ON holds;
CREATE TRIGGER holds_end_once BEFORE UPDATE ON holds FOR EACH ROW
    WHEN (OLD.state <> 'open' AND (NEW.state <> OLD.state OR NEW.settled <> OLD.settled
      OR NEW.returned <> OLD.returned OR NEW.ended_us IS DISTINCT FROM OLD.ended_us OR OLD.reversed <> 0))
    EXECUTE FUNCTION refuse('a hold ends once');
CREATE TRIGGER holds_keep_their_payer BEFORE UPDATE ON holds FOR EACH ROW
    WHEN (NEW.member_id IS DISTINCT FROM OLD.member_id OR NEW.envelope_id IS DISTINCT FROM OLD.envelope_id)
    EXECUTE FUNCTION refuse('a hold keeps its terms');

-- A window of a member or an envelope is one more kind of window; what was given back counts no longer.
CREATE TABLE windows_of_every_kind (
    wallet_id text COLLATE "C" NOT NULL REFERENCES wallets,
    period    text COLLATE "C" NOT NULL CHECK (period IN ('day', 'month', 'member', 'envelope')),
    subject   text COLLATE "C" NOT NULL,
    start_us  bigint NOT NULL,
    ends_us   bigint NOT NULL CHECK (ends_us > start_us),
    cap       bigint CHECK (cap >= 0),
    settled   bigint NOT NULL CHECK (settled >= 0),
    held      bigint NOT NULL CHECK (held >= 0),
    reversed  bigint NOT NULL CHECK (reversed BETWEEN 0 AND settled),
    PRIMARY KEY (wallet_id, period, subject, start_us),
    CHECK (cap IS NULL OR settled - reversed + held <= cap),
    CHECK ((period IN ('member', 'envelope')) = (subject <> ''))
);
INSERT INTO windows_of_every_kind
SELECT wallet_id, period, '', start_us, ends_us, cap, settled, held, 0 FROM windows;
DROP TABLE windows;
ALTER TABLE windows_of_every_kind RENAME TO windows;
CREATE TRIGGER windows_settled_never_falls BEFORE UPDATE ON windows FOR EACH ROW
    WHEN (NEW.settled < OLD.settled OR NEW.reversed < OLD.reversed)
    EXECUTE FUNCTION refuse('what a window settled never falls');
CREATE TRIGGER windows_never_deleted BEFORE DELETE ON windows FOR EACH ROW
    EXECUTE FUNCTION refuse('windows are never deleted');
CREATE TRIGGER windows_never_truncated BEFORE TRUNCATE ON windows
    EXECUTE FUNCTION refuse('windows are never deleted');

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
CREATE TRIGGER transfer_kinds_never_updated BEFORE UPDATE ON transfer_kinds FOR EACH ROW
    EXECUTE FUNCTION refuse('kinds of transfer are never updated');

-- A transfer into another lot names it; a transfer that undoes another one points at it, once.
ALTER TABLE transfers ADD COLUMN to_lot_id text COLLATE "C" REFERENCES lots;
ALTER TABLE transfers ADD COLUMN reverses text COLLATE "C" REFERENCES transfers;
CREATE UNIQUE INDEX transfers_reverse_once ON transfers (reverses) WHERE reverses IS NOT NULL;
CREATE INDEX transfers_by_hold ON transfers (hold_id) WHERE kind = 'settle';
