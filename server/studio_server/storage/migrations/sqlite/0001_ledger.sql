-- The books: what must never happen is refused here too, whatever the program above believes.
-- Times are whole microseconds since 1970 in UTC. Amounts are whole units of the wallet's asset, at most 2^53-1.

-- The latest time any committed write carries; recorded time never falls.
CREATE TABLE recorded_time (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    at_us    INTEGER NOT NULL
) STRICT;
INSERT INTO recorded_time VALUES (1, 0);
CREATE TRIGGER recorded_time_never_falls BEFORE UPDATE ON recorded_time WHEN NEW.at_us < OLD.at_us
BEGIN SELECT RAISE(ABORT, 'recorded time never falls'); END;

-- Answers already given, by who asked what under which key.
CREATE TABLE idempotency (
    principal_id TEXT NOT NULL,
    method       TEXT NOT NULL,
    path         TEXT NOT NULL,
    key          TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    body_digest  BLOB NOT NULL,
    status       INTEGER NOT NULL CHECK (status BETWEEN 100 AND 599),
    answer       TEXT NOT NULL,
    created_us   INTEGER NOT NULL,
    PRIMARY KEY (principal_id, method, path, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (created_us);

-- The hash chain over everything that was done.
CREATE TABLE audit (
    sequence      INTEGER PRIMARY KEY,
    recorded_us   INTEGER NOT NULL,
    actor         TEXT NOT NULL,
    action        TEXT NOT NULL,
    subject       TEXT NOT NULL,
    details       TEXT NOT NULL,
    record_digest BLOB NOT NULL CHECK (length(record_digest) = 32),
    previous_hash BLOB NOT NULL UNIQUE CHECK (length(previous_hash) = 32),
    hash          BLOB NOT NULL UNIQUE CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX audit_by_subject ON audit (subject, sequence);

CREATE TABLE wallets (
    wallet_id TEXT PRIMARY KEY,
    owner_id  TEXT NOT NULL,
    asset     TEXT NOT NULL CHECK (asset IN ('CREDIT', 'USD')),
    state     TEXT NOT NULL CHECK (state IN ('open', 'frozen', 'closed')),
    opened_us INTEGER NOT NULL,
    UNIQUE (owner_id, asset)
) STRICT, WITHOUT ROWID;

-- What the plan allows and the lower limits the owner chose; NULL is no limit.
CREATE TABLE wallet_limits (
    wallet_id               TEXT PRIMARY KEY REFERENCES wallets,
    plan_daily              INTEGER CHECK (plan_daily BETWEEN 0 AND 9007199254740991),
    plan_monthly_allocation INTEGER CHECK (plan_monthly_allocation BETWEEN 0 AND 9007199254740991),
    plan_per_run            INTEGER CHECK (plan_per_run BETWEEN 0 AND 9007199254740991),
    plan_open_holds         INTEGER NOT NULL CHECK (plan_open_holds BETWEEN 0 AND 1000000),
    own_daily               INTEGER CHECK (own_daily BETWEEN 0 AND 9007199254740991),
    own_monthly             INTEGER CHECK (own_monthly BETWEEN 0 AND 9007199254740991),
    own_per_run             INTEGER CHECK (own_per_run BETWEEN 0 AND 9007199254740991)
) STRICT, WITHOUT ROWID;

-- One row per applied command: what was asked, what was answered, what it did to the wallet.
CREATE TABLE effects (
    sequence         INTEGER PRIMARY KEY,
    effect_key       TEXT NOT NULL UNIQUE CHECK (length(effect_key) BETWEEN 5 AND 300),
    serial           TEXT NOT NULL UNIQUE,
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
CREATE INDEX effects_by_wallet ON effects (wallet_id, sequence);

CREATE TABLE grants (
    grant_id     TEXT PRIMARY KEY,
    wallet_id    TEXT NOT NULL REFERENCES wallets,
    source       TEXT NOT NULL CHECK (source IN ('plan', 'purchase', 'gift', 'promotion', 'refund', 'adjustment')),
    reference    TEXT NOT NULL CHECK (length(reference) BETWEEN 1 AND 255),
    amount       INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    priority     INTEGER NOT NULL,
    effective_us INTEGER NOT NULL,
    ends_us      INTEGER CHECK (ends_us > effective_us),
    issued_us    INTEGER NOT NULL,
    UNIQUE (source, reference)
) STRICT, WITHOUT ROWID;

CREATE TABLE lots (
    lot_id       TEXT PRIMARY KEY,
    grant_id     TEXT NOT NULL UNIQUE REFERENCES grants,
    wallet_id    TEXT NOT NULL REFERENCES wallets,
    source       TEXT NOT NULL,
    priority     INTEGER NOT NULL,
    effective_us INTEGER NOT NULL,
    ends_us      INTEGER,
    issued_us    INTEGER NOT NULL,
    amount       INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    available    INTEGER NOT NULL CHECK (available >= 0),
    held         INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0),
    spent        INTEGER NOT NULL DEFAULT 0 CHECK (spent >= 0),
    expired      INTEGER NOT NULL DEFAULT 0 CHECK (expired >= 0),
    revoked      INTEGER NOT NULL DEFAULT 0 CHECK (revoked >= 0),
    CHECK (amount = available + held + spent + expired + revoked)
) STRICT, WITHOUT ROWID;
CREATE INDEX lots_to_draw ON lots (wallet_id) WHERE available > 0 OR held > 0;
CREATE INDEX lots_bought ON lots (wallet_id) WHERE source = 'purchase';
CREATE INDEX lots_to_expire ON lots (ends_us) WHERE available > 0 AND ends_us IS NOT NULL;

CREATE TABLE holds (
    hold_id          TEXT PRIMARY KEY,
    wallet_id        TEXT NOT NULL REFERENCES wallets,
    purpose          TEXT NOT NULL,
    ceiling          INTEGER NOT NULL CHECK (ceiling BETWEEN 1 AND 9007199254740991),
    price_version    TEXT NOT NULL CHECK (length(price_version) > 0),
    state            TEXT NOT NULL CHECK (state IN ('open', 'settled', 'released', 'expired')),
    settled          INTEGER NOT NULL CHECK (settled BETWEEN 0 AND ceiling),
    returned         INTEGER NOT NULL CHECK (returned BETWEEN 0 AND ceiling),
    placed_us        INTEGER NOT NULL,
    lease_expires_us INTEGER NOT NULL CHECK (lease_expires_us > placed_us),
    ended_us         INTEGER CHECK (ended_us >= placed_us),
    day_start_us     INTEGER NOT NULL,
    month_start_us   INTEGER NOT NULL,
    CHECK ((state = 'open') = (ended_us IS NULL)),
    CHECK (CASE state WHEN 'open' THEN settled + returned = 0 ELSE settled + returned = ceiling END),
    CHECK (state = 'settled' OR settled = 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX holds_open_by_lease ON holds (lease_expires_us) WHERE state = 'open';
CREATE INDEX holds_open_by_wallet ON holds (wallet_id) WHERE state = 'open';

-- The lots a hold pinned, in burn order; replayed at its end, never chosen again.
CREATE TABLE hold_lots (
    hold_id  TEXT NOT NULL REFERENCES holds,
    position INTEGER NOT NULL CHECK (position >= 0),
    lot_id   TEXT NOT NULL REFERENCES lots,
    amount   INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    PRIMARY KEY (hold_id, position),
    UNIQUE (hold_id, lot_id)
) STRICT, WITHOUT ROWID;

-- One day or month of one wallet. Nothing here is ever set back to zero; a new window is a new row.
CREATE TABLE windows (
    wallet_id TEXT NOT NULL REFERENCES wallets,
    period    TEXT NOT NULL CHECK (period IN ('day', 'month')),
    start_us  INTEGER NOT NULL,
    ends_us   INTEGER NOT NULL CHECK (ends_us > start_us),
    cap       INTEGER CHECK (cap >= 0),
    settled   INTEGER NOT NULL CHECK (settled >= 0),
    held      INTEGER NOT NULL CHECK (held >= 0),
    PRIMARY KEY (wallet_id, period, start_us),
    CHECK (cap IS NULL OR settled + held <= cap)
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    account_id TEXT PRIMARY KEY,
    wallet_id  TEXT NOT NULL REFERENCES wallets,
    lot_id     TEXT REFERENCES lots,
    kind       TEXT NOT NULL CHECK (kind IN ('issuance', 'lot_available', 'lot_held', 'revenue', 'expired',
                                             'revoked', 'debt', 'adjustment')),
    asset      TEXT NOT NULL CHECK (asset IN ('CREDIT', 'USD')),
    balance    INTEGER NOT NULL,
    version    INTEGER NOT NULL CHECK (version >= 0),
    CHECK (balance >= 0 OR kind IN ('issuance', 'debt')),
    CHECK ((kind IN ('lot_available', 'lot_held')) = (lot_id IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- Which moves exist, from which kind of account to which; a new kind of move is a new row, never a rebuilt table.
CREATE TABLE transfer_kinds (
    kind      TEXT PRIMARY KEY,
    from_kind TEXT NOT NULL,
    to_kind   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO transfer_kinds VALUES
    ('grant',      'issuance',      'lot_available'),
    ('hold',       'lot_available', 'lot_held'),
    ('settle',     'lot_held',      'revenue'),
    ('return',     'lot_held',      'lot_available'),
    ('lapse_held', 'lot_held',      'expired'),
    ('lapse',      'lot_available', 'expired');

CREATE TABLE transfers (
    transfer_id     TEXT PRIMARY KEY,
    effect_sequence INTEGER NOT NULL REFERENCES effects,
    kind            TEXT NOT NULL REFERENCES transfer_kinds,
    from_account    TEXT NOT NULL REFERENCES accounts,
    to_account      TEXT NOT NULL REFERENCES accounts,
    lot_id          TEXT REFERENCES lots,
    hold_id         TEXT REFERENCES holds,
    asset           TEXT NOT NULL,
    amount          INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    recorded_us     INTEGER NOT NULL,
    CHECK (from_account <> to_account)
) STRICT, WITHOUT ROWID;
CREATE INDEX transfers_by_effect ON transfers (effect_sequence);

CREATE TABLE entries (
    sequence    INTEGER PRIMARY KEY,
    transfer_id TEXT NOT NULL REFERENCES transfers,
    account_id  TEXT NOT NULL REFERENCES accounts,
    amount      INTEGER NOT NULL CHECK (amount <> 0),
    before      INTEGER NOT NULL,
    after       INTEGER NOT NULL CHECK (after = before + amount),
    version     INTEGER NOT NULL CHECK (version >= 1),
    recorded_us INTEGER NOT NULL,
    UNIQUE (account_id, version)
) STRICT;
CREATE INDEX entries_by_transfer ON entries (transfer_id);

-- History is appended to and never changed.
CREATE TRIGGER entries_never_updated BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never updated'); END;
CREATE TRIGGER entries_never_deleted BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;
CREATE TRIGGER transfers_never_updated BEFORE UPDATE ON transfers
BEGIN SELECT RAISE(ABORT, 'transfers are never updated'); END;
CREATE TRIGGER transfers_never_deleted BEFORE DELETE ON transfers
BEGIN SELECT RAISE(ABORT, 'transfers are never deleted'); END;
CREATE TRIGGER effects_never_updated BEFORE UPDATE ON effects
BEGIN SELECT RAISE(ABORT, 'effects are never updated'); END;
CREATE TRIGGER effects_never_deleted BEFORE DELETE ON effects
BEGIN SELECT RAISE(ABORT, 'effects are never deleted'); END;
CREATE TRIGGER audit_never_updated BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit rows are never updated'); END;
CREATE TRIGGER audit_never_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit rows are never deleted'); END;
CREATE TRIGGER grants_never_updated BEFORE UPDATE ON grants
BEGIN SELECT RAISE(ABORT, 'grants are never updated'); END;
CREATE TRIGGER grants_never_deleted BEFORE DELETE ON grants
BEGIN SELECT RAISE(ABORT, 'grants are never deleted'); END;
CREATE TRIGGER hold_lots_never_updated BEFORE UPDATE ON hold_lots
BEGIN SELECT RAISE(ABORT, 'pinned lots are never updated'); END;
CREATE TRIGGER hold_lots_never_deleted BEFORE DELETE ON hold_lots
BEGIN SELECT RAISE(ABORT, 'pinned lots are never deleted'); END;

-- Rows that change, but not in these ways.
CREATE TRIGGER holds_end_once BEFORE UPDATE ON holds WHEN OLD.state <> 'open'
BEGIN SELECT RAISE(ABORT, 'a hold ends once'); END;
CREATE TRIGGER holds_keep_their_terms BEFORE UPDATE ON holds
WHEN NEW.hold_id <> OLD.hold_id OR NEW.wallet_id <> OLD.wallet_id OR NEW.ceiling <> OLD.ceiling
  OR NEW.price_version <> OLD.price_version OR NEW.placed_us <> OLD.placed_us
  OR NEW.day_start_us <> OLD.day_start_us OR NEW.month_start_us <> OLD.month_start_us
BEGIN SELECT RAISE(ABORT, 'a hold keeps its terms'); END;
CREATE TRIGGER holds_never_deleted BEFORE DELETE ON holds
BEGIN SELECT RAISE(ABORT, 'holds are never deleted'); END;
CREATE TRIGGER lots_keep_their_terms BEFORE UPDATE ON lots
WHEN NEW.lot_id <> OLD.lot_id OR NEW.wallet_id <> OLD.wallet_id OR NEW.amount <> OLD.amount
  OR NEW.ends_us IS NOT OLD.ends_us OR NEW.effective_us <> OLD.effective_us OR NEW.priority <> OLD.priority
BEGIN SELECT RAISE(ABORT, 'a lot keeps its terms'); END;
CREATE TRIGGER lots_never_deleted BEFORE DELETE ON lots
BEGIN SELECT RAISE(ABORT, 'lots are never deleted'); END;
CREATE TRIGGER windows_settled_never_falls BEFORE UPDATE ON windows WHEN NEW.settled < OLD.settled
BEGIN SELECT RAISE(ABORT, 'what a window settled never falls'); END;
CREATE TRIGGER windows_never_deleted BEFORE DELETE ON windows
BEGIN SELECT RAISE(ABORT, 'windows are never deleted'); END;
CREATE TRIGGER wallets_never_deleted BEFORE DELETE ON wallets
BEGIN SELECT RAISE(ABORT, 'wallets are never deleted'); END;
CREATE TRIGGER accounts_never_deleted BEFORE DELETE ON accounts
BEGIN SELECT RAISE(ABORT, 'accounts are never deleted'); END;
