-- How an order is paid: on the provider's page, with the saved card because its owner asks, or by itself.
-- `keeps_card`: whether its owner asked that the card be kept ('asked'), and whether that was seen to ('done').
ALTER TABLE payment_orders ADD COLUMN way text COLLATE "C" NOT NULL DEFAULT 'page' CHECK (way IN ('page', 'saved_card', 'recharge'));
ALTER TABLE payment_orders ADD COLUMN keeps_card text COLLATE "C" NOT NULL DEFAULT 'no' CHECK (keeps_card IN ('no', 'asked', 'done'));
ALTER TABLE payment_orders ADD COLUMN customer_id text COLLATE "C";
ALTER TABLE payment_orders ADD COLUMN method_id text COLLATE "C";
ALTER TABLE payment_orders ADD COLUMN failure text COLLATE "C" CHECK (length(failure) BETWEEN 1 AND 64);
DROP INDEX payment_orders_one_under_way;
CREATE UNIQUE INDEX payment_orders_one_under_way ON payment_orders (user_id, pack_id)
    WHERE way = 'page' AND state IN ('new', 'open');
CREATE UNIQUE INDEX payment_orders_one_charge ON payment_orders (user_id)
    WHERE way <> 'page' AND state IN ('new', 'open', 'pending');
CREATE INDEX payment_orders_by_itself ON payment_orders (user_id, created_us) WHERE way = 'recharge';
CREATE TRIGGER payment_orders_keep_their_way BEFORE UPDATE ON payment_orders FOR EACH ROW
    WHEN (NEW.way <> OLD.way OR (OLD.keeps_card = 'no' AND NEW.keeps_card <> 'no'))
    EXECUTE FUNCTION refuse('an order keeps its way');

-- The card a person asked us to keep: what the provider calls it, and what its owner is shown. No number, no name.
-- 'leaving': no longer used, and taken off at the provider by the next round.
CREATE TABLE saved_cards (
    method_id   text COLLATE "C" PRIMARY KEY CHECK (length(method_id) BETWEEN 1 AND 255),
    user_id     text COLLATE "C" NOT NULL REFERENCES users (id),
    customer_id text COLLATE "C" NOT NULL CHECK (length(customer_id) BETWEEN 1 AND 255),
    state       text COLLATE "C" NOT NULL CHECK (state IN ('kept', 'leaving')),
    brand       text COLLATE "C" NOT NULL CHECK (length(brand) <= 32),
    last4       text COLLATE "C" NOT NULL CHECK (length(last4) <= 4),
    exp_month   bigint NOT NULL CHECK (exp_month BETWEEN 0 AND 12),
    exp_year    bigint NOT NULL CHECK (exp_year BETWEEN 0 AND 9999),
    saved_us    bigint NOT NULL,
    CHECK (state = 'kept' OR (brand = '' AND last4 = '' AND exp_month = 0 AND exp_year = 0))
);
CREATE UNIQUE INDEX saved_cards_one_kept ON saved_cards (user_id) WHERE state = 'kept';
CREATE TRIGGER saved_cards_not_after_leaving BEFORE INSERT ON saved_cards FOR EACH ROW
    EXECUTE FUNCTION refuse_once_left();

-- Buying a pack by itself when less than `threshold` is left: at most `ceiling_minor` pence or cents a month.
CREATE TABLE recharges (
    user_id       text COLLATE "C" PRIMARY KEY REFERENCES users (id),
    state         text COLLATE "C" NOT NULL CHECK (state IN ('on', 'off', 'paused')),
    reason        text COLLATE "C" NOT NULL CHECK (length(reason) BETWEEN 1 AND 64),
    threshold     bigint NOT NULL CHECK (threshold BETWEEN 1 AND 9007199254740991),
    pack_id       text COLLATE "C" NOT NULL CHECK (length(pack_id) BETWEEN 1 AND 64),
    ceiling_minor bigint NOT NULL CHECK (ceiling_minor BETWEEN 1 AND 99999999),
    currency      text COLLATE "C" NOT NULL CHECK (currency IN ('gbp', 'usd')),
    revision      bigint NOT NULL CHECK (revision >= 1),
    looked_us     bigint NOT NULL,
    changed_us    bigint NOT NULL
);
CREATE INDEX recharges_on ON recharges (user_id) WHERE state = 'on';
CREATE TRIGGER recharges_not_after_leaving BEFORE INSERT ON recharges FOR EACH ROW
    EXECUTE FUNCTION refuse_once_left();
CREATE FUNCTION refuse_unasked_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM recharges WHERE user_id = NEW.user_id AND state = 'on') THEN
        RAISE EXCEPTION 'nobody asked for this' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_orders_by_themselves_only_where_asked BEFORE INSERT ON payment_orders FOR EACH ROW
    WHEN (NEW.way = 'recharge')
    EXECUTE FUNCTION refuse_unasked_order();

-- Notices are also about payments now: their kinds are a closed list in the program.
ALTER TABLE notices DROP CONSTRAINT notices_kind_check;
ALTER TABLE notices ADD CONSTRAINT notices_kind_check CHECK (length(kind) BETWEEN 1 AND 64);
