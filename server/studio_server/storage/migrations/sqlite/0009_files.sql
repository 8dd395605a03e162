-- Files that come and go: uploads that arrive in pieces, artefacts that end, and the names of secrets.
ALTER TABLE uploads ADD COLUMN used_at INTEGER NOT NULL DEFAULT 0;
UPDATE uploads SET used_at = created_at;
CREATE INDEX uploads_by_use ON uploads (used_at);

-- How much of it has arrived is the size of its file; the announced size is set aside in the user's room.
CREATE TABLE partial_uploads (
    user_id    TEXT NOT NULL REFERENCES users (id),
    digest     TEXT NOT NULL,
    size_bytes INTEGER NOT NULL CHECK (size_bytes > 0),
    created_at INTEGER NOT NULL,
    touched_at INTEGER NOT NULL CHECK (touched_at >= created_at),
    PRIMARY KEY (user_id, digest)
) STRICT;
CREATE INDEX partial_uploads_by_touch ON partial_uploads (touched_at);
CREATE TRIGGER partial_uploads_not_after_leaving BEFORE INSERT ON partial_uploads
WHEN EXISTS (SELECT 1 FROM departures WHERE user_id = NEW.user_id)
BEGIN SELECT RAISE(ABORT, 'this person has left'); END;

ALTER TABLE artefacts ADD COLUMN expires_at INTEGER;
ALTER TABLE artefacts ADD COLUMN removed_at INTEGER;
CREATE INDEX artefacts_by_end ON artefacts (expires_at) WHERE removed_at IS NULL AND expires_at IS NOT NULL;

-- That a secret is there; its value is in a file that only the server reads.
CREATE TABLE secrets (
    user_id    TEXT NOT NULL REFERENCES users (id),
    name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
    created_at INTEGER NOT NULL,
    used_at    INTEGER,
    PRIMARY KEY (user_id, name)
) STRICT;
CREATE TRIGGER secrets_not_after_leaving BEFORE INSERT ON secrets
WHEN EXISTS (SELECT 1 FROM departures WHERE user_id = NEW.user_id)
BEGIN SELECT RAISE(ABORT, 'this person has left'); END;
