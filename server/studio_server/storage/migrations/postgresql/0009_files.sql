-- Files that come and go: uploads that arrive in pieces, artefacts that end, and the names of secrets.
ALTER TABLE uploads ADD COLUMN used_at bigint NOT NULL DEFAULT 0;
UPDATE uploads SET used_at = created_at;
CREATE INDEX uploads_by_use ON uploads (used_at);

-- How much of it has arrived is the size of its file; the announced size is set aside in the user's room.
CREATE TABLE partial_uploads (
    user_id    text COLLATE "C" NOT NULL REFERENCES users (id),
    digest     text COLLATE "C" NOT NULL,
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    created_at bigint NOT NULL,
    touched_at bigint NOT NULL CHECK (touched_at >= created_at),
    PRIMARY KEY (user_id, digest)
);
CREATE INDEX partial_uploads_by_touch ON partial_uploads (touched_at);
CREATE TRIGGER partial_uploads_not_after_leaving BEFORE INSERT ON partial_uploads FOR EACH ROW
    EXECUTE FUNCTION refuse_once_left();

ALTER TABLE artefacts ADD COLUMN expires_at bigint;
ALTER TABLE artefacts ADD COLUMN removed_at bigint;
CREATE INDEX artefacts_by_end ON artefacts (expires_at) WHERE removed_at IS NULL AND expires_at IS NOT NULL;

-- That a secret is there; its value is in a file that only the server reads.
CREATE TABLE secrets (
    user_id    text COLLATE "C" NOT NULL REFERENCES users (id),
    name       text COLLATE "C" NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
    created_at bigint NOT NULL,
    used_at    bigint,
    PRIMARY KEY (user_id, name)
);
CREATE TRIGGER secrets_not_after_leaving BEFORE INSERT ON secrets FOR EACH ROW
    EXECUTE FUNCTION refuse_once_left();
