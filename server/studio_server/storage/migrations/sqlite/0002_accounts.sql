-- Who people are. The ledger knows only users.id; names live here, so that they can be erased.
CREATE TABLE users (
    id          TEXT PRIMARY KEY,
    plan_id     TEXT NOT NULL,
    plan_anchor INTEGER NOT NULL,
    wallet_id   TEXT NOT NULL UNIQUE,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE identities (
    issuer       TEXT NOT NULL CHECK (length(issuer) BETWEEN 1 AND 200),
    subject      TEXT NOT NULL CHECK (length(subject) BETWEEN 1 AND 200),
    user_id      TEXT NOT NULL REFERENCES users (id),
    display_name TEXT NOT NULL CHECK (length(display_name) <= 200),
    PRIMARY KEY (issuer, subject)
) STRICT;
CREATE INDEX identities_by_user ON identities (user_id);

-- Tokens are looked up by the digest of the whole token; the token itself is never stored.
CREATE TABLE tokens (
    digest     TEXT PRIMARY KEY CHECK (length(digest) = 64),
    user_id    TEXT NOT NULL REFERENCES users (id),
    name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;
CREATE INDEX tokens_by_user ON tokens (user_id);

CREATE TABLE alert_settings (
    user_id  TEXT PRIMARY KEY REFERENCES users (id),
    percents TEXT NOT NULL CHECK (json_valid(percents))
) STRICT;

CREATE TABLE alerts_sent (
    user_id      TEXT NOT NULL REFERENCES users (id),
    window_kind  TEXT NOT NULL CHECK (window_kind IN ('day', 'month')),
    window_start INTEGER NOT NULL,
    percent      INTEGER NOT NULL CHECK (percent BETWEEN 1 AND 100),
    PRIMARY KEY (user_id, window_kind, window_start, percent)
) STRICT;

-- Which months of which plan a user was given; the ledger holds the same reference, unique for ever.
CREATE TABLE plan_periods (
    reference TEXT PRIMARY KEY,
    user_id   TEXT NOT NULL REFERENCES users (id),
    starts_at INTEGER NOT NULL
) STRICT;
CREATE INDEX plan_periods_by_user ON plan_periods (user_id, starts_at);
