-- Which server took a run: only when that one is gone may another close it.
CREATE TABLE replicas (
    id         TEXT PRIMARY KEY,
    started_us INTEGER NOT NULL,
    seen_us    INTEGER NOT NULL CHECK (seen_us >= started_us)
) STRICT;
ALTER TABLE runs ADD COLUMN replica_id TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN cancel_asked INTEGER NOT NULL DEFAULT 0 CHECK (cancel_asked IN (0, 1));
