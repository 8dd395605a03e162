-- Runs, their receipts, artefacts and uploads. Money is in the ledger; a run points at its hold.
CREATE TABLE price_versions (
    id         TEXT PRIMARY KEY,
    content    TEXT NOT NULL CHECK (json_valid(content)),
    created_at INTEGER NOT NULL
) STRICT;
CREATE TRIGGER price_versions_stay BEFORE UPDATE ON price_versions
BEGIN SELECT RAISE(ABORT, 'a price version is never changed'); END;
CREATE TRIGGER price_versions_kept BEFORE DELETE ON price_versions
BEGIN SELECT RAISE(ABORT, 'a price version is never deleted'); END;

CREATE TABLE runs (
    id               TEXT PRIMARY KEY,
    user_id          TEXT NOT NULL REFERENCES users (id),
    tool_id          TEXT NOT NULL,
    tool_version     TEXT NOT NULL,
    price_version    TEXT NOT NULL REFERENCES price_versions (id),
    state            TEXT NOT NULL CHECK (state IN
                         ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'timed_out', 'lost')),
    revision         INTEGER NOT NULL CHECK (revision >= 0),
    hold_id          TEXT NOT NULL UNIQUE,
    inputs           TEXT NOT NULL CHECK (json_valid(inputs)),
    input_digest     TEXT NOT NULL,
    input_summary    TEXT NOT NULL,
    minimum_credits  INTEGER NOT NULL CHECK (minimum_credits >= 0),
    typical_credits  INTEGER NOT NULL CHECK (typical_credits >= minimum_credits),
    maximum_credits  INTEGER NOT NULL CHECK (maximum_credits >= typical_credits),
    limits           TEXT NOT NULL CHECK (json_valid(limits)),
    forecast_cpu_ms  INTEGER NOT NULL,
    forecast_wall_ms INTEGER NOT NULL,
    forecast_peak_bytes INTEGER NOT NULL,
    measured_cpu_ms  INTEGER CHECK (measured_cpu_ms >= 0),
    measured_wall_ms INTEGER CHECK (measured_wall_ms >= 0),
    measured_peak_bytes INTEGER CHECK (measured_peak_bytes >= 0),
    charged_credits  INTEGER CHECK (charged_credits BETWEEN 0 AND maximum_credits),
    receipt_id       TEXT UNIQUE,
    failure          TEXT CHECK (failure IS NULL OR json_valid(failure)),
    result           TEXT CHECK (result IS NULL OR json_valid(result)),
    created_at       INTEGER NOT NULL,
    started_at       INTEGER,
    ended_at         INTEGER,
    CHECK ((ended_at IS NULL) = (state IN ('queued', 'running'))),
    CHECK ((charged_credits IS NULL) = (state IN ('queued', 'running')))
) STRICT;
CREATE INDEX runs_by_user ON runs (user_id, id);
CREATE INDEX runs_open ON runs (state) WHERE state IN ('queued', 'running');
CREATE INDEX runs_measured ON runs (tool_id, tool_version, id) WHERE state = 'succeeded';

-- A run ends once; what it ended with stays.
CREATE TRIGGER runs_end_once BEFORE UPDATE ON runs
WHEN OLD.state NOT IN ('queued', 'running') AND NEW.state <> OLD.state
BEGIN SELECT RAISE(ABORT, 'the run is over'); END;

CREATE TABLE receipts (
    id         TEXT PRIMARY KEY,
    run_id     TEXT NOT NULL UNIQUE REFERENCES runs (id),
    user_id    TEXT NOT NULL REFERENCES users (id),
    content    TEXT NOT NULL CHECK (json_valid(content)),
    created_at INTEGER NOT NULL
) STRICT;
CREATE TRIGGER receipts_stay BEFORE UPDATE ON receipts
BEGIN SELECT RAISE(ABORT, 'a receipt is never changed'); END;

CREATE TABLE artefacts (
    run_id     TEXT NOT NULL REFERENCES runs (id),
    name       TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
    digest     TEXT NOT NULL,
    path       TEXT NOT NULL,
    PRIMARY KEY (run_id, name)
) STRICT;

CREATE TABLE uploads (
    user_id    TEXT NOT NULL REFERENCES users (id),
    digest     TEXT NOT NULL,
    size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, digest)
) STRICT;
