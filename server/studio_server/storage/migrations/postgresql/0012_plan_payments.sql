-- Who a user is at the payment provider: an id of the provider's, made once under the key `customer:USER:ATTEMPT`.
CREATE TABLE payment_customers (
    user_id     text COLLATE "C" PRIMARY KEY REFERENCES users (id),
    customer_id text COLLATE "C" UNIQUE CHECK (length(customer_id) BETWEEN 1 AND 255),
    attempt     bigint NOT NULL DEFAULT 1 CHECK (attempt >= 1),
    created_us  bigint NOT NULL
);

-- Agreements to pay for a plan every month. Each is on record before the payment provider is asked; its id is the key.
-- live and past_due: the provider renews it; extra: a second one of the same person, which an operator has to end.
CREATE TABLE plan_agreements (
    id              text COLLATE "C" PRIMARY KEY,
    user_id         text COLLATE "C" NOT NULL REFERENCES users (id),
    plan_id         text COLLATE "C" NOT NULL CHECK (length(plan_id) BETWEEN 1 AND 64),
    amount_minor    bigint NOT NULL CHECK (amount_minor BETWEEN 1 AND 99999999),
    currency        text COLLATE "C" NOT NULL CHECK (currency IN ('gbp', 'usd')),
    state           text COLLATE "C" NOT NULL
        CHECK (state IN ('new', 'open', 'live', 'past_due', 'ended', 'expired', 'failed', 'extra')),
    session_id      text COLLATE "C" UNIQUE,
    session_url     text COLLATE "C",
    subscription_id text COLLATE "C" UNIQUE,
    next_plan_id    text COLLATE "C" CHECK (length(next_plan_id) BETWEEN 1 AND 64),
    version         bigint NOT NULL DEFAULT 0 CHECK (version >= 0),
    created_us      bigint NOT NULL,
    changed_us      bigint NOT NULL CHECK (changed_us >= created_us)
);
CREATE UNIQUE INDEX plan_agreements_one_at_a_time ON plan_agreements (user_id)
    WHERE state IN ('new', 'open', 'live', 'past_due');
CREATE INDEX plan_agreements_by_user ON plan_agreements (user_id, created_us, id);
CREATE TRIGGER plan_agreements_keep_their_terms BEFORE UPDATE ON plan_agreements FOR EACH ROW
    WHEN (NEW.id <> OLD.id OR NEW.user_id <> OLD.user_id OR NEW.plan_id <> OLD.plan_id
  OR NEW.amount_minor <> OLD.amount_minor OR NEW.currency <> OLD.currency OR NEW.version < OLD.version
  OR (OLD.session_id IS NOT NULL AND NEW.session_id IS DISTINCT FROM OLD.session_id)
  OR (OLD.subscription_id IS NOT NULL AND NEW.subscription_id IS DISTINCT FROM OLD.subscription_id))
    EXECUTE FUNCTION refuse('an agreement keeps its terms');
CREATE TRIGGER plan_agreements_never_deleted BEFORE DELETE ON plan_agreements FOR EACH ROW
    EXECUTE FUNCTION refuse('agreements are never deleted');

-- What the provider charged for an agreement, by its own id: which plan, for which time, and what it gives once paid.
CREATE TABLE plan_invoices (
    id             text COLLATE "C" PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 255),
    agreement_id   text COLLATE "C" NOT NULL REFERENCES plan_agreements (id),
    user_id        text COLLATE "C" NOT NULL REFERENCES users (id),
    kind           text COLLATE "C" NOT NULL CHECK (kind IN ('first', 'renewal', 'change', 'other')),
    plan_id        text COLLATE "C" NOT NULL CHECK (length(plan_id) BETWEEN 1 AND 64),
    units          bigint NOT NULL CHECK (units BETWEEN 0 AND 9007199254740991),
    amount_minor   bigint NOT NULL CHECK (amount_minor BETWEEN 0 AND 99999999),
    currency       text COLLATE "C" NOT NULL CHECK (length(currency) = 3),
    state          text COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'paid', 'void', 'held')),
    intent_id      text COLLATE "C" UNIQUE,
    invoice_url    text COLLATE "C",
    receipt_url    text COLLATE "C",
    reversed_minor bigint NOT NULL DEFAULT 0 CHECK (reversed_minor BETWEEN 0 AND amount_minor),
    disputed       bigint NOT NULL DEFAULT 0 CHECK (disputed IN (0, 1)),
    starts_us      bigint NOT NULL,
    ends_us        bigint NOT NULL CHECK (ends_us >= starts_us),
    issued_us      bigint NOT NULL,
    created_us     bigint NOT NULL,
    changed_us     bigint NOT NULL CHECK (changed_us >= created_us)
);
CREATE INDEX plan_invoices_by_agreement ON plan_invoices (agreement_id, issued_us, id);
CREATE INDEX plan_invoices_by_user ON plan_invoices (user_id, issued_us, id);
CREATE TRIGGER plan_invoices_keep_their_terms BEFORE UPDATE ON plan_invoices FOR EACH ROW
    WHEN (NEW.id <> OLD.id OR NEW.user_id <> OLD.user_id OR NEW.agreement_id <> OLD.agreement_id
  OR (OLD.intent_id IS NOT NULL AND NEW.intent_id IS NULL)
  OR (OLD.state = 'paid' AND (NEW.kind <> OLD.kind OR NEW.plan_id <> OLD.plan_id OR NEW.units <> OLD.units
    OR NEW.amount_minor <> OLD.amount_minor OR NEW.currency <> OLD.currency
    OR NEW.starts_us <> OLD.starts_us OR NEW.ends_us <> OLD.ends_us)))
    EXECUTE FUNCTION refuse('a paid invoice keeps its terms');
CREATE TRIGGER plan_invoices_never_deleted BEFORE DELETE ON plan_invoices FOR EACH ROW
    EXECUTE FUNCTION refuse('invoices are never deleted');

-- What an invoice did in the ledger, as `payment_moves` says it of an order.
CREATE TABLE plan_moves (
    invoice_id text COLLATE "C" NOT NULL REFERENCES plan_invoices (id),
    number     bigint NOT NULL CHECK (number >= 1),
    kind       text COLLATE "C" NOT NULL CHECK (kind IN ('grant', 'void', 'restore')),
    amount     bigint NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    taken      bigint NOT NULL CHECK (taken BETWEEN 0 AND amount),
    grant_id   text COLLATE "C",
    effect_key text COLLATE "C" UNIQUE,
    undoes     bigint CHECK (undoes < number),
    created_us bigint NOT NULL,
    PRIMARY KEY (invoice_id, number),
    UNIQUE (invoice_id, undoes),
    CHECK ((kind = 'restore') = (undoes IS NOT NULL)),
    CHECK (kind <> 'grant' OR number = 1)
);
CREATE TRIGGER plan_moves_never_updated BEFORE UPDATE ON plan_moves FOR EACH ROW
    EXECUTE FUNCTION refuse('what an invoice did is never changed');
CREATE TRIGGER plan_moves_never_deleted BEFORE DELETE ON plan_moves FOR EACH ROW
    EXECUTE FUNCTION refuse('what an invoice did is never changed');

-- Who begins the next period of a plan: our clock, or an invoice that was paid.
ALTER TABLE subscriptions ADD COLUMN renews text COLLATE "C" NOT NULL DEFAULT 'clock' CHECK (renews IN ('clock', 'invoices'));
