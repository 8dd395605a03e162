-- Attempts to pay. Each is on record before the payment provider is asked; amount, currency and units come from here.
-- No card, no name and no address is kept: only ids of the provider.
CREATE TABLE payment_orders (
    id             text COLLATE "C" PRIMARY KEY,
    user_id        text COLLATE "C" NOT NULL REFERENCES users (id),
    pack_id        text COLLATE "C" NOT NULL CHECK (length(pack_id) BETWEEN 1 AND 64),
    asset          text COLLATE "C" NOT NULL CHECK (asset IN ('CREDIT', 'USD')),
    units          bigint NOT NULL CHECK (units BETWEEN 1 AND 9007199254740991),
    lasts_days     bigint NOT NULL CHECK (lasts_days BETWEEN 1 AND 36500),
    amount_minor   bigint NOT NULL CHECK (amount_minor BETWEEN 1 AND 99999999),
    currency       text COLLATE "C" NOT NULL CHECK (currency IN ('gbp', 'usd')),
    state          text COLLATE "C" NOT NULL CHECK (state IN ('new', 'open', 'pending', 'paid', 'expired', 'failed', 'held')),
    session_id     text COLLATE "C" UNIQUE,
    session_url    text COLLATE "C",
    intent_id      text COLLATE "C" UNIQUE,
    repeats        text COLLATE "C" REFERENCES payment_orders (id),
    receipt_url    text COLLATE "C",
    reversed_minor bigint NOT NULL DEFAULT 0 CHECK (reversed_minor BETWEEN 0 AND amount_minor),
    disputed       bigint NOT NULL DEFAULT 0 CHECK (disputed IN (0, 1)),
    version        bigint NOT NULL DEFAULT 0 CHECK (version >= 0),
    created_us     bigint NOT NULL,
    changed_us     bigint NOT NULL CHECK (changed_us >= created_us)
);
CREATE UNIQUE INDEX payment_orders_one_under_way ON payment_orders (user_id, pack_id) WHERE state IN ('new', 'open');
CREATE INDEX payment_orders_by_user ON payment_orders (user_id, created_us, id);
CREATE INDEX payment_orders_to_look_at ON payment_orders (created_us) WHERE state IN ('new', 'open', 'pending');
CREATE TRIGGER payment_orders_keep_their_terms BEFORE UPDATE ON payment_orders FOR EACH ROW
    WHEN (NEW.id <> OLD.id OR NEW.user_id <> OLD.user_id OR NEW.pack_id <> OLD.pack_id OR NEW.asset <> OLD.asset
  OR NEW.units <> OLD.units OR NEW.lasts_days <> OLD.lasts_days OR NEW.amount_minor <> OLD.amount_minor
  OR NEW.currency <> OLD.currency OR NEW.version < OLD.version
  OR (OLD.intent_id IS NOT NULL AND NEW.intent_id IS DISTINCT FROM OLD.intent_id)
  OR (OLD.session_id IS NOT NULL AND NEW.session_id IS DISTINCT FROM OLD.session_id))
    EXECUTE FUNCTION refuse('an order keeps its terms');
CREATE TRIGGER payment_orders_never_deleted BEFORE DELETE ON payment_orders FOR EACH ROW
    EXECUTE FUNCTION refuse('orders are never deleted');

-- What a payment did in the ledger: the grant, what was taken back of it, and which taking back was undone.
CREATE TABLE payment_moves (
    order_id   text COLLATE "C" NOT NULL REFERENCES payment_orders (id),
    number     bigint NOT NULL CHECK (number >= 1),
    kind       text COLLATE "C" NOT NULL CHECK (kind IN ('grant', 'void', 'restore')),
    amount     bigint NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    taken      bigint NOT NULL CHECK (taken BETWEEN 0 AND amount),
    grant_id   text COLLATE "C",
    effect_key text COLLATE "C" UNIQUE,
    undoes     bigint CHECK (undoes < number),
    created_us bigint NOT NULL,
    PRIMARY KEY (order_id, number),
    UNIQUE (order_id, undoes),
    CHECK ((kind = 'restore') = (undoes IS NOT NULL)),
    CHECK (kind <> 'grant' OR number = 1)
);
CREATE TRIGGER payment_moves_never_updated BEFORE UPDATE ON payment_moves FOR EACH ROW
    EXECUTE FUNCTION refuse('what a payment did is never changed');
CREATE TRIGGER payment_moves_never_deleted BEFORE DELETE ON payment_moves FOR EACH ROW
    EXECUTE FUNCTION refuse('what a payment did is never changed');

-- What the provider told us, by its own id. Only a row that is done stops a repetition; the body is not kept.
CREATE TABLE payment_events (
    id          text COLLATE "C" PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 255),
    kind        text COLLATE "C" NOT NULL CHECK (length(kind) BETWEEN 1 AND 255),
    reference   text COLLATE "C" NOT NULL,
    state       text COLLATE "C" NOT NULL CHECK (state IN ('new', 'done')),
    received_us bigint NOT NULL,
    done_us     bigint CHECK (done_us >= received_us),
    CHECK ((state = 'done') = (done_us IS NOT NULL))
);
CREATE INDEX payment_events_open ON payment_events (received_us) WHERE state = 'new';

-- What an operator should look at, each once.
CREATE TABLE payment_incidents (
    kind       text COLLATE "C" NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
    subject    text COLLATE "C" NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
    detail     text COLLATE "C" NOT NULL CHECK (length(detail) <= 500),
    created_us bigint NOT NULL,
    PRIMARY KEY (kind, subject)
);
