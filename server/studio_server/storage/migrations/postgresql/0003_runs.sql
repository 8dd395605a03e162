-- Runs, their receipts, artefacts and uploads. Money is in the ledger; a run points at its hold.
CREATE TABLE price_versions (
    id         text COLLATE "C" PRIMARY KEY,
    content    text COLLATE "C" NOT NULL CHECK (content::json IS NOT NULL),
    created_at bigint NOT NULL
);
CREATE TRIGGER price_versions_stay BEFORE UPDATE ON price_versions FOR EACH ROW
    EXECUTE FUNCTION refuse('a price version is never changed');
CREATE TRIGGER price_versions_kept BEFORE DELETE ON price_versions FOR EACH ROW
    EXECUTE FUNCTION refuse('a price version is never deleted');

CREATE TABLE runs (
    id               text COLLATE "C" PRIMARY KEY,
    user_id          text COLLATE "C" NOT NULL REFERENCES users (id),
    tool_id          text COLLATE "C" NOT NULL,
    tool_version     text COLLATE "C" NOT NULL,
    price_version    text COLLATE "C" NOT NULL REFERENCES price_versions (id),
    state            text COLLATE "C" NOT NULL CHECK (state IN
                         ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'timed_out', 'lost')),
    revision         bigint NOT NULL CHECK (revision >= 0),
    hold_id          text COLLATE "C" NOT NULL UNIQUE,
    inputs           text COLLATE "C" NOT NULL CHECK (inputs::json IS NOT NULL),
    input_digest     text COLLATE "C" NOT NULL,
    input_summary    text COLLATE "C" NOT NULL,
    minimum_credits  bigint NOT NULL CHECK (minimum_credits >= 0),
    typical_credits  bigint NOT NULL CHECK (typical_credits >= minimum_credits),
    maximum_credits  bigint NOT NULL CHECK (maximum_credits >= typical_credits),
    limits           text COLLATE "C" NOT NULL CHECK (limits::json IS NOT NULL),
    forecast_cpu_ms  bigint NOT NULL,
    forecast_wall_ms bigint NOT NULL,
    forecast_peak_bytes bigint NOT NULL,
    measured_cpu_ms  bigint CHECK (measured_cpu_ms >= 0),
    measured_wall_ms bigint CHECK (measured_wall_ms >= 0),
    measured_peak_bytes bigint CHECK (measured_peak_bytes >= 0),
    charged_credits  bigint CHECK (charged_credits BETWEEN 0 AND maximum_credits),
    receipt_id       text COLLATE "C" UNIQUE,
    failure          text COLLATE "C" CHECK (failure IS NULL OR failure::json IS NOT NULL),
    result           text COLLATE "C" CHECK (result IS NULL OR result::json IS NOT NULL),
    created_at       bigint NOT NULL,
    started_at       bigint,
    ended_at         bigint,
    CHECK ((ended_at IS NULL) = (state IN ('queued', 'running'))),
    CHECK ((charged_credits IS NULL) = (state IN ('queued', 'running')))
);
CREATE INDEX runs_by_user ON runs (user_id, id);
CREATE INDEX runs_open ON runs (state) WHERE state IN ('queued', 'running');
CREATE INDEX runs_measured ON runs (tool_id, tool_version, id) WHERE state = 'succeeded';

-- A run ends once; what it ended with stays.
CREATE TRIGGER runs_end_once BEFORE UPDATE ON runs FOR EACH ROW
    WHEN (OLD.state NOT IN ('queued', 'running') AND NEW.state <> OLD.state)
    EXECUTE FUNCTION refuse('the run is over');

CREATE TABLE receipts (
    id         text COLLATE "C" PRIMARY KEY,
    run_id     text COLLATE "C" NOT NULL UNIQUE REFERENCES runs (id),
    user_id    text COLLATE "C" NOT NULL REFERENCES users (id),
    content    text COLLATE "C" NOT NULL CHECK (content::json IS NOT NULL),
    created_at bigint NOT NULL
);
CREATE TRIGGER receipts_stay BEFORE UPDATE ON receipts FOR EACH ROW
    EXECUTE FUNCTION refuse('a receipt is never changed');

CREATE TABLE artefacts (
    run_id     text COLLATE "C" NOT NULL REFERENCES runs (id),
    name       text COLLATE "C" NOT NULL,
    media_type text COLLATE "C" NOT NULL,
    size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
    digest     text COLLATE "C" NOT NULL,
    path       text COLLATE "C" NOT NULL,
    PRIMARY KEY (run_id, name)
);

CREATE TABLE uploads (
    user_id    text COLLATE "C" NOT NULL REFERENCES users (id),
    digest     text COLLATE "C" NOT NULL,
    size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
    created_at bigint NOT NULL,
    PRIMARY KEY (user_id, digest)
);
