-- Who people are. The ledger knows only users.id; names live here, so that they can be erased.
CREATE TABLE users (
    id          text COLLATE "C" PRIMARY KEY,
    plan_id     text COLLATE "C" NOT NULL,
    plan_anchor bigint NOT NULL,
    wallet_id   text COLLATE "C" NOT NULL UNIQUE,
    created_at  bigint NOT NULL
);

CREATE TABLE identities (
    issuer       text COLLATE "C" NOT NULL CHECK (length(issuer) BETWEEN 1 AND 200),
    subject      text COLLATE "C" NOT NULL CHECK (length(subject) BETWEEN 1 AND 200),
    user_id      text COLLATE "C" NOT NULL REFERENCES users (id),
    display_name text COLLATE "C" NOT NULL CHECK (length(display_name) <= 200),
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_by_user ON identities (user_id);

-- Tokens are looked up by the digest of the whole token; the token itself is never stored.
CREATE TABLE tokens (
    digest     text COLLATE "C" PRIMARY KEY CHECK (length(digest) = 64),
    user_id    text COLLATE "C" NOT NULL REFERENCES users (id),
    name       text COLLATE "C" NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    created_at bigint NOT NULL,
    revoked_at bigint
);
CREATE INDEX tokens_by_user ON tokens (user_id);

CREATE TABLE alert_settings (
    user_id  text COLLATE "C" PRIMARY KEY REFERENCES users (id),
    percents text COLLATE "C" NOT NULL CHECK (percents::json IS NOT NULL)
);

CREATE TABLE alerts_sent (
    user_id      text COLLATE "C" NOT NULL REFERENCES users (id),
    window_kind  text COLLATE "C" NOT NULL CHECK (window_kind IN ('day', 'month')),
    window_start bigint NOT NULL,
    percent      bigint NOT NULL CHECK (percent BETWEEN 1 AND 100),
    PRIMARY KEY (user_id, window_kind, window_start, percent)
);

-- Which months of which plan a user was given; the ledger holds the same reference, unique for ever.
CREATE TABLE plan_periods (
    reference text COLLATE "C" PRIMARY KEY,
    user_id   text COLLATE "C" NOT NULL REFERENCES users (id),
    starts_at bigint NOT NULL
);
CREATE INDEX plan_periods_by_user ON plan_periods (user_id, starts_at);
