-- People who left. The random id of an account stays with its books; who it was does not.
CREATE TABLE departures (
    user_id     TEXT PRIMARY KEY REFERENCES users (id),
    left_at     INTEGER NOT NULL,
    scrubbed_at INTEGER CHECK (scrubbed_at >= left_at)
) STRICT;
CREATE INDEX departures_to_scrub ON departures (left_at) WHERE scrubbed_at IS NULL;
CREATE TRIGGER departures_stay BEFORE DELETE ON departures
BEGIN SELECT RAISE(ABORT, 'who has left has left'); END;
CREATE TRIGGER departures_keep_their_time BEFORE UPDATE ON departures
WHEN NEW.user_id <> OLD.user_id OR NEW.left_at <> OLD.left_at OR OLD.scrubbed_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'who has left has left'); END;

-- Nothing more is written down about somebody who left, whatever was on its way.
CREATE TRIGGER identities_not_after_leaving BEFORE INSERT ON identities
WHEN EXISTS (SELECT 1 FROM departures WHERE user_id = NEW.user_id)
BEGIN SELECT RAISE(ABORT, 'this person has left'); END;
CREATE TRIGGER tokens_not_after_leaving BEFORE INSERT ON tokens
WHEN EXISTS (SELECT 1 FROM departures WHERE user_id = NEW.user_id)
BEGIN SELECT RAISE(ABORT, 'this person has left'); END;
CREATE TRIGGER alert_settings_not_after_leaving BEFORE INSERT ON alert_settings
WHEN EXISTS (SELECT 1 FROM departures WHERE user_id = NEW.user_id)
BEGIN SELECT RAISE(ABORT, 'this person has left'); END;
CREATE TRIGGER uploads_not_after_leaving BEFORE INSERT ON uploads
WHEN EXISTS (SELECT 1 FROM departures WHERE user_id = NEW.user_id)
BEGIN SELECT RAISE(ABORT, 'this person has left'); END;
CREATE TRIGGER runs_not_after_leaving BEFORE INSERT ON runs
WHEN EXISTS (SELECT 1 FROM departures WHERE user_id = NEW.user_id)
BEGIN SELECT RAISE(ABORT, 'this person has left'); END;
CREATE TRIGGER idempotency_not_after_leaving BEFORE INSERT ON idempotency
WHEN EXISTS (SELECT 1 FROM departures WHERE user_id = NEW.principal_id)
BEGIN SELECT RAISE(ABORT, 'this person has left'); END;

-- HMAC-SHA256 of who left, under the operator's key, for as long as they get no free credits again.
CREATE TABLE free_credit_waits (
    commitment TEXT PRIMARY KEY CHECK (length(commitment) = 64),
    ends_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX free_credit_waits_by_end ON free_credit_waits (ends_at);

-- The new accounts of people who came back within that time.
CREATE TABLE free_credit_starts (
    user_id   TEXT PRIMARY KEY REFERENCES users (id),
    starts_at INTEGER NOT NULL
) STRICT;
