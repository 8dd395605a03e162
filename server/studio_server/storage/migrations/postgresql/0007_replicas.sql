-- Which server took a run: only when that one is gone may another close it.
CREATE TABLE replicas (
    id         text COLLATE "C" PRIMARY KEY,
    started_us bigint NOT NULL,
    seen_us    bigint NOT NULL CHECK (seen_us >= started_us)
);
ALTER TABLE runs ADD COLUMN replica_id text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN cancel_asked bigint NOT NULL DEFAULT 0 CHECK (cancel_asked IN (0, 1));
