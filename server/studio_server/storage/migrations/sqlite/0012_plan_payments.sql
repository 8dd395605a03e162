-- Who a user is at the payment provider: an id of the provider's, made once under the key `customer:USER:ATTEMPT`.
CREATE TABLE payment_customers (
    user_id     TEXT PRIMARY KEY REFERENCES users (id),
    customer_id TEXT UNIQUE CHECK (length(customer_id) BETWEEN 1 AND 255),
    attempt     INTEGER NOT NULL DEFAULT 1 CHECK (attempt >= 1),
    created_us  INTEGER NOT NULL
) STRICT;

-- Agreements to pay for a plan every month. Each is on record before the payment provider is asked; its id is the key.
-- live and past_due: the provider renews it; extra: a second one of the same person, which an operator has to end.
CREATE TABLE plan_agreements (
    id              TEXT PRIMARY KEY,
    user_id         TEXT NOT NULL REFERENCES users (id),
    plan_id         TEXT NOT NULL CHECK (length(plan_id) BETWEEN 1 AND 64),
    amount_minor    INTEGER NOT NULL CHECK (amount_minor BETWEEN 1 AND 99999999),
    currency        TEXT NOT NULL CHECK (currency IN ('gbp', 'usd')),
    state           TEXT NOT NULL
        CHECK (state IN ('new', 'open', 'live', 'past_due', 'ended', 'expired', 'failed', 'extra')),
    session_id      TEXT UNIQUE,
    session_url     TEXT,
    subscription_id TEXT UNIQUE,
    next_plan_id    TEXT CHECK (length(next_plan_id) BETWEEN 1 AND 64),
    version         INTEGER NOT NULL DEFAULT 0 CHECK (version >= 0),
    created_us      INTEGER NOT NULL,
    changed_us      INTEGER NOT NULL CHECK (changed_us >= created_us)
) STRICT;
CREATE UNIQUE INDEX plan_agreements_one_at_a_time ON plan_agreements (user_id)
    WHERE state IN ('new', 'open', 'live', 'past_due');
CREATE INDEX plan_agreements_by_user ON plan_agreements (user_id, created_us, id);
CREATE TRIGGER plan_agreements_keep_their_terms BEFORE UPDATE ON plan_agreements
WHEN NEW.id <> OLD.id OR NEW.user_id <> OLD.user_id OR NEW.plan_id <> OLD.plan_id
  OR NEW.amount_minor <> OLD.amount_minor OR NEW.currency <> OLD.currency OR NEW.version < OLD.version
  OR (OLD.session_id IS NOT NULL AND NEW.session_id IS NOT OLD.session_id)
  OR (OLD.subscription_id IS NOT NULL AND NEW.subscription_id IS NOT OLD.subscription_id)
BEGIN SELECT RAISE(ABORT, 'an agreement keeps its terms'); END;
CREATE TRIGGER plan_agreements_never_deleted BEFORE DELETE ON plan_agreements
BEGIN SELECT RAISE(ABORT, 'agreements are never deleted'); END;

-- What the provider charged for an agreement, by its own id: which plan, for which time, and what it gives once paid.
CREATE TABLE plan_invoices (
    id             TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 255),
    agreement_id   TEXT NOT NULL REFERENCES plan_agreements (id),
    user_id        TEXT NOT NULL REFERENCES users (id),
    kind           TEXT NOT NULL CHECK (kind IN ('first', 'renewal', 'change', 'other')),
    plan_id        TEXT NOT NULL CHECK (length(plan_id) BETWEEN 1 AND 64),
    units          INTEGER NOT NULL CHECK (units BETWEEN 0 AND 9007199254740991),
    amount_minor   INTEGER NOT NULL CHECK (amount_minor BETWEEN 0 AND 99999999),
    currency       TEXT NOT NULL CHECK (length(currency) = 3),
    state          TEXT NOT NULL CHECK (state IN ('waiting', 'paid', 'void', 'held')),
    intent_id      TEXT UNIQUE,
    invoice_url    TEXT,
    receipt_url    TEXT,
    reversed_minor INTEGER NOT NULL DEFAULT 0 CHECK (reversed_minor BETWEEN 0 AND amount_minor),
    disputed       INTEGER NOT NULL DEFAULT 0 CHECK (disputed IN (0, 1)),
    starts_us      INTEGER NOT NULL,
    ends_us        INTEGER NOT NULL CHECK (ends_us >= starts_us),
    issued_us      INTEGER NOT NULL,
    created_us     INTEGER NOT NULL,
    changed_us     INTEGER NOT NULL CHECK (changed_us >= created_us)
) STRICT;
CREATE INDEX plan_invoices_by_agreement ON plan_invoices (agreement_id, issued_us, id);
CREATE INDEX plan_invoices_by_user ON plan_invoices (user_id, issued_us, id);
CREATE TRIGGER plan_invoices_keep_their_terms BEFORE UPDATE ON plan_invoices
WHEN NEW.id <> OLD.id OR NEW.user_id <> OLD.user_id OR NEW.agreement_id <> OLD.agreement_id
  OR (OLD.intent_id IS NOT NULL AND NEW.intent_id IS NULL)
  OR (OLD.state = 'paid' AND (NEW.kind <> OLD.kind OR NEW.plan_id <> OLD.plan_id OR NEW.units <> OLD.units
    OR NEW.amount_minor <> OLD.amount_minor OR NEW.currency <> OLD.currency
    OR NEW.starts_us <> OLD.starts_us OR NEW.ends_us <> OLD.ends_us))
BEGIN SELECT RAISE(ABORT, 'a paid invoice keeps its terms'); END;
CREATE TRIGGER plan_invoices_never_deleted BEFORE DELETE ON plan_invoices
BEGIN SELECT RAISE(ABORT, 'invoices are never deleted'); END;

-- What an invoice did in the ledger, as `payment_moves` says it of an order.
CREATE TABLE plan_moves (
    invoice_id TEXT NOT NULL REFERENCES plan_invoices (id),
    number     INTEGER NOT NULL CHECK (number >= 1),
    kind       TEXT NOT NULL CHECK (kind IN ('grant', 'void', 'restore')),
    amount     INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    taken      INTEGER NOT NULL CHECK (taken BETWEEN 0 AND amount),
    grant_id   TEXT,
    effect_key TEXT UNIQUE,
    undoes     INTEGER CHECK (undoes < number),
    created_us INTEGER NOT NULL,
    PRIMARY KEY (invoice_id, number),
    UNIQUE (invoice_id, undoes),
    CHECK ((kind = 'restore') = (undoes IS NOT NULL)),
    CHECK (kind <> 'grant' OR number = 1)
) STRICT;
CREATE TRIGGER plan_moves_never_updated BEFORE UPDATE ON plan_moves
BEGIN SELECT RAISE(ABORT, 'what an invoice did is never changed'); END;
CREATE TRIGGER plan_moves_never_deleted BEFORE DELETE ON plan_moves
BEGIN SELECT RAISE(ABORT, 'what an invoice did is never changed'); END;

-- Who begins the next period of a plan: our clock, or an invoice that was paid.
ALTER TABLE subscriptions ADD COLUMN renews TEXT NOT NULL DEFAULT 'clock' CHECK (renews IN ('clock', 'invoices'));
