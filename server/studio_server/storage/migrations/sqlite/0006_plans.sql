-- Which plan a user is on and which period of it runs. Period k starts at `anchor` plus k - `first_number` months of
-- the zone's wall clock; the free plan's periods are calendar months, counted from the month of joining.
CREATE TABLE subscriptions (
    user_id      TEXT PRIMARY KEY REFERENCES users (id),
    plan_id      TEXT NOT NULL CHECK (length(plan_id) BETWEEN 1 AND 64),
    next_plan_id TEXT CHECK (length(next_plan_id) BETWEEN 1 AND 64),
    state        TEXT NOT NULL CHECK (state IN ('active', 'ended')),
    zone         TEXT NOT NULL CHECK (length(zone) BETWEEN 1 AND 64),
    joined_at    INTEGER NOT NULL,
    anchor       INTEGER NOT NULL,
    first_number INTEGER NOT NULL CHECK (first_number >= 0),
    last_paid    INTEGER NOT NULL CHECK (last_paid >= -1),
    number       INTEGER NOT NULL CHECK (number >= -1),
    starts_at    INTEGER NOT NULL,
    ends_at      INTEGER NOT NULL CHECK (ends_at >= starts_at),
    revision     INTEGER NOT NULL CHECK (revision >= 0)
) STRICT;
CREATE INDEX subscriptions_due ON subscriptions (ends_at, user_id) WHERE state = 'active';

-- Everybody goes on where they are: due at once, and a period whose reference is on record is not granted again.
INSERT INTO subscriptions
SELECT id, plan_id, NULL, 'active', 'UTC', plan_anchor, plan_anchor, 0, -1, -1, plan_anchor, plan_anchor, 0 FROM users;
ALTER TABLE users DROP COLUMN plan_id;
ALTER TABLE users DROP COLUMN plan_anchor;

-- What became of a due period: granted, missed (it had ended before anybody looked), or nothing to give.
ALTER TABLE plan_periods ADD COLUMN state TEXT NOT NULL DEFAULT 'granted'
    CHECK (state IN ('granted', 'missed', 'nothing'));

-- Every change that was asked for, once per key; what it gave at once and when it takes effect.
CREATE TABLE plan_changes (
    user_id    TEXT NOT NULL REFERENCES users (id),
    key        TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
    kind       TEXT NOT NULL CHECK (kind IN ('started', 'upgraded', 'scheduled', 'kept')),
    from_plan  TEXT NOT NULL,
    to_plan    TEXT NOT NULL,
    granted    INTEGER NOT NULL CHECK (granted >= 0),
    effective_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT;

-- What a person should know, each once. Texts hold amounts, dates and names of plans, never names of people.
CREATE TABLE notices (
    id         TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id),
    kind       TEXT NOT NULL CHECK (kind IN ('credits_end_in_30_days', 'credits_end_in_7_days', 'debt_opened',
                                             'debt_covered', 'plan_changed', 'plan_renewed')),
    about      TEXT NOT NULL CHECK (length(about) BETWEEN 1 AND 255),
    severity   TEXT NOT NULL CHECK (severity IN ('info', 'warning')),
    text       TEXT NOT NULL CHECK (length(text) BETWEEN 1 AND 500),
    created_at INTEGER NOT NULL,
    read_at    INTEGER CHECK (read_at >= created_at),
    UNIQUE (user_id, kind, about)
) STRICT;
CREATE INDEX notices_by_user ON notices (user_id, created_at, id);
CREATE INDEX notices_by_time ON notices (created_at, id);
CREATE INDEX notices_unread ON notices (user_id, created_at) WHERE read_at IS NULL;
CREATE INDEX notices_of_debt ON notices (user_id) WHERE kind = 'debt_opened';
