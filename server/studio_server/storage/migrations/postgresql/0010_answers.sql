-- What a tool logged last, and which earlier run a stored result came from: such a run did no work and has no
-- hold, so its `hold_id` is 'none:' and its own id.
ALTER TABLE runs ADD COLUMN log_lines text COLLATE "C" NOT NULL DEFAULT '[]' CHECK (log_lines::json IS NOT NULL);
ALTER TABLE runs ADD COLUMN answered_from text COLLATE "C" NOT NULL DEFAULT ''
    CHECK (answered_from = '' OR (charged_credits = 0 AND hold_id = 'none:' || id));
CREATE INDEX runs_by_input ON runs (user_id, input_digest, id) WHERE state = 'succeeded';
