-- People who left. The random id of an account stays with its books; who it was does not.
CREATE TABLE departures (
    user_id     text COLLATE "C" PRIMARY KEY REFERENCES users (id),
    left_at     bigint NOT NULL,
    scrubbed_at bigint CHECK (scrubbed_at >= left_at)
);
CREATE INDEX departures_to_scrub ON departures (left_at) WHERE scrubbed_at IS NULL;
CREATE TRIGGER departures_stay BEFORE DELETE ON departures FOR EACH ROW
    EXECUTE FUNCTION refuse('who has left has left');
CREATE TRIGGER departures_keep_their_time BEFORE UPDATE ON departures FOR EACH ROW
    WHEN (NEW.user_id <> OLD.user_id OR NEW.left_at <> OLD.left_at OR OLD.scrubbed_at IS NOT NULL)
    EXECUTE FUNCTION refuse('who has left has left');

-- Nothing more is written down about somebody who left, whatever was on its way.
CREATE FUNCTION refuse_once_left() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM departures WHERE user_id = NEW.user_id) THEN
        RAISE EXCEPTION 'this person has left' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION refuse_answer_once_left() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM departures WHERE user_id = NEW.principal_id) THEN
        RAISE EXCEPTION 'this person has left' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER identities_not_after_leaving BEFORE INSERT ON identities FOR EACH ROW
    EXECUTE FUNCTION refuse_once_left();
CREATE TRIGGER tokens_not_after_leaving BEFORE INSERT ON tokens FOR EACH ROW
    EXECUTE FUNCTION refuse_once_left();
CREATE TRIGGER alert_settings_not_after_leaving BEFORE INSERT ON alert_settings FOR EACH ROW
    EXECUTE FUNCTION refuse_once_left();
CREATE TRIGGER uploads_not_after_leaving BEFORE INSERT ON uploads FOR EACH ROW
    EXECUTE FUNCTION refuse_once_left();
CREATE TRIGGER runs_not_after_leaving BEFORE INSERT ON runs FOR EACH ROW
    EXECUTE FUNCTION refuse_once_left();
CREATE TRIGGER idempotency_not_after_leaving BEFORE INSERT ON idempotency FOR EACH ROW
    EXECUTE FUNCTION refuse_answer_once_left();

-- HMAC-SHA256 of who left, under the operator's key, for as long as they get no free credits again.
CREATE TABLE free_credit_waits (
    commitment text COLLATE "C" PRIMARY KEY CHECK (length(commitment) = 64),
    ends_at    bigint NOT NULL
);
CREATE INDEX free_credit_waits_by_end ON free_credit_waits (ends_at);

-- The new accounts of people who came back within that time.
CREATE TABLE free_credit_starts (
    user_id   text COLLATE "C" PRIMARY KEY REFERENCES users (id),
    starts_at bigint NOT NULL
);
