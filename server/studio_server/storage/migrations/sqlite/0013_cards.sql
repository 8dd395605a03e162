-- How an order is paid: on the provider's page, with the saved card because its owner asks, or by itself.
-- `keeps_card`: whether its owner asked that the card be kept ('asked'), and whether that was seen to ('done').
ALTER TABLE payment_orders ADD COLUMN way TEXT NOT NULL DEFAULT 'page' CHECK (way IN ('page', 'saved_card', 'recharge'));
ALTER TABLE payment_orders ADD COLUMN keeps_card TEXT NOT NULL DEFAULT 'no' CHECK (keeps_card IN ('no', 'asked', 'done'));
ALTER TABLE payment_orders ADD COLUMN customer_id TEXT;
ALTER TABLE payment_orders ADD COLUMN method_id TEXT;
ALTER TABLE payment_orders ADD COLUMN failure TEXT CHECK (length(failure) BETWEEN 1 AND 64);
DROP INDEX payment_orders_one_under_way;
CREATE UNIQUE INDEX payment_orders_one_under_way ON payment_orders (user_id, pack_id)
    WHERE way = 'page' AND state IN ('new', 'open');
CREATE UNIQUE INDEX payment_orders_one_charge ON payment_orders (user_id)
    WHERE way <> 'page' AND state IN ('new', 'open', 'pending');
CREATE INDEX payment_orders_by_itself ON payment_orders (user_id, created_us) WHERE way = 'recharge';
CREATE TRIGGER payment_orders_keep_their_way BEFORE UPDATE ON payment_orders
WHEN NEW.way <> OLD.way OR (OLD.keeps_card = 'no' AND NEW.keeps_card <> 'no')
BEGIN SELECT RAISE(ABORT, 'an order keeps its way'); END;

-- The card a person asked us to keep: what the provider calls it, and what its owner is shown. No number, no name.
-- 'leaving': no longer used, and taken off at the provider by the next round.
CREATE TABLE saved_cards (
    method_id   TEXT PRIMARY KEY CHECK (length(method_id) BETWEEN 1 AND 255),
    user_id     TEXT NOT NULL REFERENCES users (id),
    customer_id TEXT NOT NULL CHECK (length(customer_id) BETWEEN 1 AND 255),
    state       TEXT NOT NULL CHECK (state IN ('kept', 'leaving')),
    brand       TEXT NOT NULL CHECK (length(brand) <= 32),
    last4       TEXT NOT NULL CHECK (length(last4) <= 4),
    exp_month   INTEGER NOT NULL CHECK (exp_month BETWEEN 0 AND 12),
    exp_year    INTEGER NOT NULL CHECK (exp_year BETWEEN 0 AND 9999),
    saved_us    INTEGER NOT NULL,
    CHECK (state = 'kept' OR (brand = '' AND last4 = '' AND exp_month = 0 AND exp_year = 0))
) STRICT;
CREATE UNIQUE INDEX saved_cards_one_kept ON saved_cards (user_id) WHERE state = 'kept';
CREATE TRIGGER saved_cards_not_after_leaving BEFORE INSERT ON saved_cards
WHEN EXISTS (SELECT 1 FROM departures WHERE user_id = NEW.user_id)
BEGIN SELECT RAISE(ABORT, 'this person has left'); END;

-- Buying a pack by itself when less than `threshold` is left: at most `ceiling_minor` pence or cents a month.
CREATE TABLE recharges (
    user_id       TEXT PRIMARY KEY REFERENCES users (id),
    state         TEXT NOT NULL CHECK (state IN ('on', 'off', 'paused')),
    reason        TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 64),
    threshold     INTEGER NOT NULL CHECK (threshold BETWEEN 1 AND 9007199254740991),
    pack_id       TEXT NOT NULL CHECK (length(pack_id) BETWEEN 1 AND 64),
    ceiling_minor INTEGER NOT NULL CHECK (ceiling_minor BETWEEN 1 AND 99999999),
    currency      TEXT NOT NULL CHECK (currency IN ('gbp', 'usd')),
    revision      INTEGER NOT NULL CHECK (revision >= 1),
    looked_us     INTEGER NOT NULL,
    changed_us    INTEGER NOT NULL
) STRICT;
CREATE INDEX recharges_on ON recharges (user_id) WHERE state = 'on';
CREATE TRIGGER recharges_not_after_leaving BEFORE INSERT ON recharges
WHEN EXISTS (SELECT 1 FROM departures WHERE user_id = NEW.user_id)
BEGIN SELECT RAISE(ABORT, 'this person has left'); END;
CREATE TRIGGER payment_orders_by_themselves_only_where_asked BEFORE INSERT ON payment_orders
WHEN NEW.way = 'recharge' AND NOT EXISTS (SELECT 1 FROM recharges WHERE user_id = NEW.user_id AND state = 'on')
BEGIN SELECT RAISE(ABORT, 'nobody asked for this'); END;

-- Notices are also about payments now: their kinds are a closed list in the program.
CREATE TABLE notices_of_any_kind (
    id         TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id),
    kind       TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
    about      TEXT NOT NULL CHECK (length(about) BETWEEN 1 AND 255),
    severity   TEXT NOT NULL CHECK (severity IN ('info', 'warning')),
    text       TEXT NOT NULL CHECK (length(text) BETWEEN 1 AND 500),
    created_at INTEGER NOT NULL,
    read_at    INTEGER CHECK (read_at >= created_at),
    UNIQUE (user_id, kind, about)
) STRICT;
INSERT INTO notices_of_any_kind SELECT id, user_id, kind, about, severity, text, created_at, read_at FROM notices;
DROP TABLE notices;
ALTER TABLE notices_of_any_kind RENAME TO notices;
CREATE INDEX notices_by_user ON notices (user_id, created_at, id);
CREATE INDEX notices_by_time ON notices (created_at, id);
CREATE INDEX notices_unread ON notices (user_id, created_at) WHERE read_at IS NULL;
CREATE INDEX notices_of_debt ON notices (user_id) WHERE kind = 'debt_opened';
