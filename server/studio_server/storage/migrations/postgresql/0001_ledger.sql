-- The books: what must never happen is refused here too, whatever the program above believes.
-- Times are whole microseconds since 1970 in UTC. Amounts are whole units of the wallet's asset, at most 2^53-1.
-- Text compares by its bytes (collation "C"), as in SQLite, wherever the server stands. Sequences are counted by the
-- program under the lock on recorded_time, so they have no gap: no serial columns.

-- What every trigger here does: refuse, with the sentence it was given.
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- The latest time any committed write carries; recorded time never falls.
CREATE TABLE recorded_time (
    only_row bigint PRIMARY KEY CHECK (only_row = 1),
    at_us    bigint NOT NULL
);
INSERT INTO recorded_time VALUES (1, 0);
CREATE TRIGGER recorded_time_never_falls BEFORE UPDATE ON recorded_time FOR EACH ROW
    WHEN (NEW.at_us < OLD.at_us)
    EXECUTE FUNCTION refuse('recorded time never falls');

-- Answers already given, by who asked what under which key.
CREATE TABLE idempotency (
    principal_id text COLLATE "C" NOT NULL,
    method       text COLLATE "C" NOT NULL,
    path         text COLLATE "C" NOT NULL,
    key          text COLLATE "C" NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    body_digest  bytea NOT NULL,
    status       bigint NOT NULL CHECK (status BETWEEN 100 AND 599),
    answer       text COLLATE "C" NOT NULL,
    created_us   bigint NOT NULL,
    PRIMARY KEY (principal_id, method, path, key)
);
CREATE INDEX idempotency_by_age ON idempotency (created_us);

-- The hash chain over everything that was done.
CREATE TABLE audit (
    sequence      bigint PRIMARY KEY,
    recorded_us   bigint NOT NULL,
    actor         text COLLATE "C" NOT NULL,
    action        text COLLATE "C" NOT NULL,
    subject       text COLLATE "C" NOT NULL,
    details       text COLLATE "C" NOT NULL,
    record_digest bytea NOT NULL CHECK (length(record_digest) = 32),
    previous_hash bytea NOT NULL UNIQUE CHECK (length(previous_hash) = 32),
    hash          bytea NOT NULL UNIQUE CHECK (length(hash) = 32)
);
CREATE INDEX audit_by_subject ON audit (subject, sequence);

CREATE TABLE wallets (
    wallet_id text COLLATE "C" PRIMARY KEY,
    owner_id  text COLLATE "C" NOT NULL,
    asset     text COLLATE "C" NOT NULL CHECK (asset IN ('CREDIT', 'USD')),
    state     text COLLATE "C" NOT NULL CHECK (state IN ('open', 'frozen', 'closed')),
    opened_us bigint NOT NULL,
    UNIQUE (owner_id, asset)
);

-- What the plan allows and the lower limits the owner chose; NULL is no limit.
CREATE TABLE wallet_limits (
    wallet_id               text COLLATE "C" PRIMARY KEY REFERENCES wallets,
    plan_daily              bigint CHECK (plan_daily BETWEEN 0 AND 9007199254740991),
    plan_monthly_allocation bigint CHECK (plan_monthly_allocation BETWEEN 0 AND 9007199254740991),
    plan_per_run            bigint CHECK (plan_per_run BETWEEN 0 AND 9007199254740991),
    plan_open_holds         bigint NOT NULL CHECK (plan_open_holds BETWEEN 0 AND 1000000),
    own_daily               bigint CHECK (own_daily BETWEEN 0 AND 9007199254740991),
    own_monthly             bigint CHECK (own_monthly BETWEEN 0 AND 9007199254740991),
    own_per_run             bigint CHECK (own_per_run BETWEEN 0 AND 9007199254740991)
);

-- One row per applied command: what was asked, what was answered, what it did to the wallet.
CREATE TABLE effects (
    sequence         bigint PRIMARY KEY,
    effect_key       text COLLATE "C" NOT NULL UNIQUE CHECK (length(effect_key) BETWEEN 5 AND 300),
    serial           text COLLATE "C" NOT NULL UNIQUE,
    kind             text COLLATE "C" NOT NULL,
    wallet_id        text COLLATE "C" NOT NULL REFERENCES wallets,
    hold_id          text COLLATE "C",
    lot_id           text COLLATE "C",
    body             text COLLATE "C" NOT NULL,
    answer           text COLLATE "C" NOT NULL,
    recorded_us      bigint NOT NULL,
    available_change bigint NOT NULL,
    held_change      bigint NOT NULL,
    spent            bigint NOT NULL CHECK (spent >= 0),
    available_after  bigint NOT NULL CHECK (available_after >= 0),
    held_after       bigint NOT NULL CHECK (held_after >= 0)
);
CREATE INDEX effects_by_wallet ON effects (wallet_id, sequence);

CREATE TABLE grants (
    grant_id     text COLLATE "C" PRIMARY KEY,
    wallet_id    text COLLATE "C" NOT NULL REFERENCES wallets,
    source       text COLLATE "C" NOT NULL CHECK (source IN ('plan', 'purchase', 'gift', 'promotion', 'refund',
                                                                     'adjustment')),
    reference    text COLLATE "C" NOT NULL CHECK (length(reference) BETWEEN 1 AND 255),
    amount       bigint NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    priority     bigint NOT NULL,
    effective_us bigint NOT NULL,
    ends_us      bigint CHECK (ends_us > effective_us),
    issued_us    bigint NOT NULL,
    UNIQUE (source, reference)
);

CREATE TABLE lots (
    lot_id       text COLLATE "C" PRIMARY KEY,
    grant_id     text COLLATE "C" NOT NULL UNIQUE REFERENCES grants,
    wallet_id    text COLLATE "C" NOT NULL REFERENCES wallets,
    source       text COLLATE "C" NOT NULL,
    priority     bigint NOT NULL,
    effective_us bigint NOT NULL,
    ends_us      bigint,
    issued_us    bigint NOT NULL,
    amount       bigint NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    available    bigint NOT NULL CHECK (available >= 0),
    held         bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    spent        bigint NOT NULL DEFAULT 0 CHECK (spent >= 0),
    expired      bigint NOT NULL DEFAULT 0 CHECK (expired >= 0),
    revoked      bigint NOT NULL DEFAULT 0 CHECK (revoked >= 0),
    CHECK (amount = available + held + spent + expired + revoked)
);
CREATE INDEX lots_to_draw ON lots (wallet_id) WHERE available > 0 OR held > 0;
CREATE INDEX lots_bought ON lots (wallet_id) WHERE source = 'purchase';
CREATE INDEX lots_to_expire ON lots (ends_us) WHERE available > 0 AND ends_us IS NOT NULL;

CREATE TABLE holds (
    hold_id          text COLLATE "C" PRIMARY KEY,
    wallet_id        text COLLATE "C" NOT NULL REFERENCES wallets,
    purpose          text COLLATE "C" NOT NULL,
    ceiling          bigint NOT NULL CHECK (ceiling BETWEEN 1 AND 9007199254740991),
    price_version    text COLLATE "C" NOT NULL CHECK (length(price_version) > 0),
    state            text COLLATE "C" NOT NULL CHECK (state IN ('open', 'settled', 'released', 'expired')),
    settled          bigint NOT NULL CHECK (settled BETWEEN 0 AND ceiling),
    returned         bigint NOT NULL CHECK (returned BETWEEN 0 AND ceiling),
    placed_us        bigint NOT NULL,
    lease_expires_us bigint NOT NULL CHECK (lease_expires_us > placed_us),
    ended_us         bigint CHECK (ended_us >= placed_us),
    day_start_us     bigint NOT NULL,
    month_start_us   bigint NOT NULL,
    CHECK ((state = 'open') = (ended_us IS NULL)),
    CHECK (CASE state WHEN 'open' THEN settled + returned = 0 ELSE settled + returned = ceiling END),
    CHECK (state = 'settled' OR settled = 0)
);
CREATE INDEX holds_open_by_lease ON holds (lease_expires_us) WHERE state = 'open';
CREATE INDEX holds_open_by_wallet ON holds (wallet_id) WHERE state = 'open';

-- The lots a hold pinned, in burn order; replayed at its end, never chosen again.
CREATE TABLE hold_lots (
    hold_id  text COLLATE "C" NOT NULL REFERENCES holds,
    position bigint NOT NULL CHECK (position >= 0),
    lot_id   text COLLATE "C" NOT NULL REFERENCES lots,
    amount   bigint NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    PRIMARY KEY (hold_id, position),
    UNIQUE (hold_id, lot_id)
);

-- One day or month of one wallet. Nothing here is ever set back to zero; a new window is a new row.
CREATE TABLE windows (
    wallet_id text COLLATE "C" NOT NULL REFERENCES wallets,
    period    text COLLATE "C" NOT NULL CHECK (period IN ('day', 'month')),
    start_us  bigint NOT NULL,
    ends_us   bigint NOT NULL CHECK (ends_us > start_us),
    cap       bigint CHECK (cap >= 0),
    settled   bigint NOT NULL CHECK (settled >= 0),
    held      bigint NOT NULL CHECK (held >= 0),
    PRIMARY KEY (wallet_id, period, start_us),
    CHECK (cap IS NULL OR settled + held <= cap)
);

CREATE TABLE accounts (
    account_id text COLLATE "C" PRIMARY KEY,
    wallet_id  text COLLATE "C" NOT NULL REFERENCES wallets,
    lot_id     text COLLATE "C" REFERENCES lots,
    kind       text COLLATE "C" NOT NULL CHECK (kind IN ('issuance', 'lot_available', 'lot_held', 'revenue',
                                                         'expired', 'revoked', 'debt', 'adjustment')),
    asset      text COLLATE "C" NOT NULL CHECK (asset IN ('CREDIT', 'USD')),
    balance    bigint NOT NULL,
    version    bigint NOT NULL CHECK (version >= 0),
    CHECK (balance >= 0 OR kind IN ('issuance', 'debt')),
    CHECK ((kind IN ('lot_available', 'lot_held')) = (lot_id IS NOT NULL))
);

-- Which moves exist, from which kind of account to which; a new kind of move is a new row, never a rebuilt table.
CREATE TABLE transfer_kinds (
    kind      text COLLATE "C" PRIMARY KEY,
    from_kind text COLLATE "C" NOT NULL,
    to_kind   text COLLATE "C" NOT NULL
);
INSERT INTO transfer_kinds VALUES
    ('grant',      'issuance',      'lot_available'),
    ('hold',       'lot_available', 'lot_held'),
    ('settle',     'lot_held',      'revenue'),
    ('return',     'lot_held',      'lot_available'),
    ('lapse_held', 'lot_held',      'expired'),
    ('lapse',      'lot_available', 'expired');

CREATE TABLE transfers (
    transfer_id     text COLLATE "C" PRIMARY KEY,
    effect_sequence bigint NOT NULL REFERENCES effects,
    kind            text COLLATE "C" NOT NULL REFERENCES transfer_kinds,
    from_account    text COLLATE "C" NOT NULL REFERENCES accounts,
    to_account      text COLLATE "C" NOT NULL REFERENCES accounts,
    lot_id          text COLLATE "C" REFERENCES lots,
    hold_id         text COLLATE "C" REFERENCES holds,
    asset           text COLLATE "C" NOT NULL,
    amount          bigint NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    recorded_us     bigint NOT NULL,
    CHECK (from_account <> to_account)
);
CREATE INDEX transfers_by_effect ON transfers (effect_sequence);

CREATE TABLE entries (
    sequence    bigint PRIMARY KEY,
    transfer_id text COLLATE "C" NOT NULL REFERENCES transfers,
    account_id  text COLLATE "C" NOT NULL REFERENCES accounts,
    amount      bigint NOT NULL CHECK (amount <> 0),
    before      bigint NOT NULL,
    after       bigint NOT NULL CHECK (after = before + amount),
    version     bigint NOT NULL CHECK (version >= 1),
    recorded_us bigint NOT NULL,
    UNIQUE (account_id, version)
);
CREATE INDEX entries_by_transfer ON entries (transfer_id);

-- History is appended to and never changed.
CREATE TRIGGER entries_never_updated BEFORE UPDATE ON entries FOR EACH ROW
    EXECUTE FUNCTION refuse('entries are never updated');
CREATE TRIGGER entries_never_deleted BEFORE DELETE ON entries FOR EACH ROW
    EXECUTE FUNCTION refuse('entries are never deleted');
CREATE TRIGGER transfers_never_updated BEFORE UPDATE ON transfers FOR EACH ROW
    EXECUTE FUNCTION refuse('transfers are never updated');
CREATE TRIGGER transfers_never_deleted BEFORE DELETE ON transfers FOR EACH ROW
    EXECUTE FUNCTION refuse('transfers are never deleted');
CREATE TRIGGER effects_never_updated BEFORE UPDATE ON effects FOR EACH ROW
    EXECUTE FUNCTION refuse('effects are never updated');
CREATE TRIGGER effects_never_deleted BEFORE DELETE ON effects FOR EACH ROW
    EXECUTE FUNCTION refuse('effects are never deleted');
CREATE TRIGGER audit_never_updated BEFORE UPDATE ON audit FOR EACH ROW
    EXECUTE FUNCTION refuse('audit rows are never updated');
CREATE TRIGGER audit_never_deleted BEFORE DELETE ON audit FOR EACH ROW
    EXECUTE FUNCTION refuse('audit rows are never deleted');
CREATE TRIGGER grants_never_updated BEFORE UPDATE ON grants FOR EACH ROW
    EXECUTE FUNCTION refuse('grants are never updated');
CREATE TRIGGER grants_never_deleted BEFORE DELETE ON grants FOR EACH ROW
    EXECUTE FUNCTION refuse('grants are never deleted');
CREATE TRIGGER hold_lots_never_updated BEFORE UPDATE ON hold_lots FOR EACH ROW
    EXECUTE FUNCTION refuse('pinned lots are never updated');
CREATE TRIGGER hold_lots_never_deleted BEFORE DELETE ON hold_lots FOR EACH ROW
    EXECUTE FUNCTION refuse('pinned lots are never deleted');

-- Rows that change, but not in these ways.
CREATE TRIGGER holds_end_once BEFORE UPDATE ON holds FOR EACH ROW
    WHEN (OLD.state <> 'open')
    EXECUTE FUNCTION refuse('a hold ends once');
CREATE TRIGGER holds_keep_their_terms BEFORE UPDATE ON holds FOR EACH ROW
    WHEN (NEW.hold_id <> OLD.hold_id OR NEW.wallet_id <> OLD.wallet_id OR NEW.ceiling <> OLD.ceiling
       OR NEW.price_version <> OLD.price_version OR NEW.placed_us <> OLD.placed_us
       OR NEW.day_start_us <> OLD.day_start_us OR NEW.month_start_us <> OLD.month_start_us)
    EXECUTE FUNCTION refuse('a hold keeps its terms');
CREATE TRIGGER holds_never_deleted BEFORE DELETE ON holds FOR EACH ROW
    EXECUTE FUNCTION refuse('holds are never deleted');
CREATE TRIGGER lots_keep_their_terms BEFORE UPDATE ON lots FOR EACH ROW
    WHEN (NEW.lot_id <> OLD.lot_id OR NEW.wallet_id <> OLD.wallet_id OR NEW.amount <> OLD.amount
       OR NEW.ends_us IS DISTINCT FROM OLD.ends_us OR NEW.effective_us <> OLD.effective_us
       OR NEW.priority <> OLD.priority)
    EXECUTE FUNCTION refuse('a lot keeps its terms');
CREATE TRIGGER lots_never_deleted BEFORE DELETE ON lots FOR EACH ROW
    EXECUTE FUNCTION refuse('lots are never deleted');
CREATE TRIGGER windows_settled_never_falls BEFORE UPDATE ON windows FOR EACH ROW
    WHEN (NEW.settled < OLD.settled)
    EXECUTE FUNCTION refuse('what a window settled never falls');
CREATE TRIGGER windows_never_deleted BEFORE DELETE ON windows FOR EACH ROW
    EXECUTE FUNCTION refuse('windows are never deleted');
CREATE TRIGGER wallets_never_deleted BEFORE DELETE ON wallets FOR EACH ROW
    EXECUTE FUNCTION refuse('wallets are never deleted');
CREATE TRIGGER accounts_never_deleted BEFORE DELETE ON accounts FOR EACH ROW
    EXECUTE FUNCTION refuse('accounts are never deleted');

-- A row trigger does not see TRUNCATE.
CREATE TRIGGER entries_never_truncated BEFORE TRUNCATE ON entries
    EXECUTE FUNCTION refuse('entries are never deleted');
CREATE TRIGGER transfers_never_truncated BEFORE TRUNCATE ON transfers
    EXECUTE FUNCTION refuse('transfers are never deleted');
CREATE TRIGGER effects_never_truncated BEFORE TRUNCATE ON effects
    EXECUTE FUNCTION refuse('effects are never deleted');
CREATE TRIGGER audit_never_truncated BEFORE TRUNCATE ON audit
    EXECUTE FUNCTION refuse('audit rows are never deleted');
CREATE TRIGGER grants_never_truncated BEFORE TRUNCATE ON grants
    EXECUTE FUNCTION refuse('grants are never deleted');
CREATE TRIGGER hold_lots_never_truncated BEFORE TRUNCATE ON hold_lots
    EXECUTE FUNCTION refuse('pinned lots are never deleted');
CREATE TRIGGER holds_never_truncated BEFORE TRUNCATE ON holds
    EXECUTE FUNCTION refuse('holds are never deleted');
CREATE TRIGGER lots_never_truncated BEFORE TRUNCATE ON lots
    EXECUTE FUNCTION refuse('lots are never deleted');
CREATE TRIGGER windows_never_truncated BEFORE TRUNCATE ON windows
    EXECUTE FUNCTION refuse('windows are never deleted');
CREATE TRIGGER wallets_never_truncated BEFORE TRUNCATE ON wallets
    EXECUTE FUNCTION refuse('wallets are never deleted');
CREATE TRIGGER accounts_never_truncated BEFORE TRUNCATE ON accounts
    EXECUTE FUNCTION refuse('accounts are never deleted');
