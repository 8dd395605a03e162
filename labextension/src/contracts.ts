// Generated from studio_magics/contracts by `python -m studio_server.export typescript`. Do not edit.
// A member with a default is optional: whoever reads must do without it.

// account: Balance, spend controls and identity.

/** The plan a user is on. */
export interface Plan {
  readonly id: string;
  readonly title: string;
  /** Whole credits */
  readonly monthly_credits: number;
  /** Whole credits */
  readonly daily_cap_credits: number;
}

/** One day or month of the wallet. */
export interface Window {
  readonly kind: 'day' | 'month';
  readonly starts_at: string;
  readonly resets_at: string;
  /** Whole credits */
  readonly cap_credits: number;
  /** Whole credits */
  readonly spent_credits: number;
  /** Whole credits */
  readonly held_credits: number;
}

/** What is left of one grant, in burn order. */
export interface LotView {
  readonly source: string;
  /** Whole credits */
  readonly left_credits: number;
  readonly ends_at: string | null;
}

/** What a user can spend now. */
export interface Balance {
  /** Display name */
  readonly user: string;
  readonly plan: Plan;
  /** Whole credits */
  readonly available_credits: number;
  /** Whole credits */
  readonly held_credits: number;
  /** Available, cut by what day, month and run limits leave */
  readonly spendable_credits: number;
  readonly day: Window;
  readonly month: Window;
  readonly per_run_limit_credits: number | null;
  readonly lots: readonly LotView[];
  /** Highest alert threshold reached in either window */
  readonly alert_percent: number | null;
  /** blocked: the cheapest run would be refused */
  readonly level: 'ok' | 'low' | 'blocked';
  readonly mode: 'local' | 'hub' | 'service';
  /** What this mode protects, for people */
  readonly note?: string;
  /** The latest notice that was not read, for people */
  readonly notice?: string;
  /** What marks that notice as read */
  readonly notice_id?: string | null;
  readonly notice_severity?: 'info' | 'warning';
  /** Rises with every change of the wallet */
  readonly revision: number;
}

/** One ledger line of the wallet. */
export interface StatementLine {
  readonly sequence: number;
  readonly at: string;
  readonly kind: string;
  readonly description: string;
  /** Signed: what it did to the credits available */
  readonly amount_credits: number;
  /** Whole credits */
  readonly available_credits_after: number;
  readonly run_id: string | null;
  readonly receipt_id: string | null;
}

/** Ledger lines, newest first. */
export interface Statement {
  readonly lines: readonly StatementLine[];
  readonly next_before: number | null;
}

/** Limits in force and how far they may be raised. */
export interface SpendControls {
  /** In force */
  readonly daily_limit_credits: number;
  /** In force */
  readonly monthly_limit_credits: number;
  /** In force; None means only the tool's maximum */
  readonly per_run_limit_credits: number | null;
  /** The plan's; a limit is never above it */
  readonly daily_cap_credits: number;
  /** The plan's plus what was bought */
  readonly monthly_cap_credits: number;
  readonly alert_percents: readonly number[];
}

/** New limits. A member left out stays; null goes back to the plan's. */
export interface SpendControlsChange {
  readonly daily_limit_credits?: number | null;
  readonly monthly_limit_credits?: number | null;
  readonly per_run_limit_credits?: number | null;
  readonly alert_percents?: readonly number[] | null;
}

/** The plan's period, and what the plan becomes at its end. */
export interface Subscription {
  readonly starts_at: string;
  readonly ends_at: string;
  /** Another plan begins at the period's end; None: it goes on */
  readonly next_plan: Plan | null;
  /** So many unused credits at most move into the next period */
  readonly roll_over_credits: number;
}

/** Who the server takes the caller for. */
export interface Account {
  readonly user_id: string;
  readonly display_name: string;
  readonly issuer: string;
  readonly signed_in_via: string;
  readonly plan: Plan;
  readonly mode: 'local' | 'hub' | 'service';
  readonly server_version: string;
  /** Fixed clock and ids: a server for tests */
  readonly deterministic?: boolean;
  readonly subscription?: Subscription | null;
}

// billing: Estimates, quotes and receipts.

/** Ask what a run would cost; nothing is set aside. */
export interface EstimateRequest {
  /** Identifier or short name */
  readonly tool: string;
  readonly inputs?: Readonly<Record<string, JsonValue>>;
  /** A lower ceiling of the caller's own */
  readonly max_credits?: number | null;
}

/** What the tool expects this input to need. */
export interface Forecast {
  readonly cpu_ms: number;
  readonly wall_ms: number;
  readonly peak_bytes: number;
  /** What the forecast was computed from, for people */
  readonly basis?: string;
}

/** One line of a price: the share of base, CPU or memory in credits, as exact decimal text. */
export interface PriceLine {
  readonly label: string;
  /** Decimal text before the one rounding, for example '0.6' */
  readonly credits: string;
  readonly detail?: string;
}

/** How the estimate meets the signed-in user's balance and limits. */
export interface Standing {
  /** Whole credits */
  readonly available_credits: number;
  readonly after_typical_credits: number;
  /** Whole credits */
  readonly day_used_credits: number;
  /** Whole credits */
  readonly day_cap_credits: number;
  /** The limit that would refuse this run now, or None */
  readonly refused_by: string | null;
  /** What to do about the refusal */
  readonly action?: string;
}

/** Least, typical and most a run costs, with reasons. */
export interface Estimate {
  readonly tool_id: string;
  readonly tool_title: string;
  readonly tool_version: string;
  readonly place: 'kernel' | 'server';
  readonly price_version: string;
  /** Whole credits */
  readonly min_credits: number;
  /** Whole credits */
  readonly typical_credits: number;
  /** The most this run can cost: its ceiling */
  readonly max_credits: number;
  /** How 'typical' adds up before rounding */
  readonly lines: readonly PriceLine[];
  /** Limits of this run, lowered with the ceiling */
  readonly limits: RunLimits | null;
  readonly forecast: Forecast;
  /** Measured runs on this server behind 'typical' */
  readonly measured_runs: number;
  /** None when not signed in */
  readonly standing: Standing | null;
  /** Signed offer to start the run at this price; None anonymously */
  readonly quote: string | null;
  readonly quote_expires_at: string | null;
  /** How to do it for 0 credits, where possible */
  readonly free_alternative?: string;
  /** The run whose stored result a start would give for 0 credits, unless fresh */
  readonly stored_run_id?: string | null;
}

/** What the parent of the worker measured. */
export interface Measured {
  readonly cpu_ms: number;
  readonly wall_ms: number;
  readonly peak_bytes: number;
  /** Peak resident bytes times wall milliseconds */
  readonly byte_ms: number;
}

/** What a run did cost, and why. */
export interface Receipt {
  readonly id: string;
  readonly run_id: string;
  readonly tool_id: string;
  readonly tool_title: string;
  readonly tool_version: string;
  readonly price_version: string;
  /** How the run ended: succeeded, failed, cancelled, timed_out, lost … */
  readonly outcome: string;
  /** Why this charge, in one sentence */
  readonly reason?: string;
  /** Whole credits */
  readonly min_credits: number;
  /** Whole credits */
  readonly typical_credits: number;
  /** Whole credits */
  readonly max_credits: number;
  /** Whole credits */
  readonly charged_credits: number;
  /** What went back from the hold */
  readonly returned_credits: number;
  readonly lines: readonly PriceLine[];
  readonly measured: Measured | null;
  /** Whole credits */
  readonly available_credits_after: number;
  readonly created_at: string;
  /** The run whose stored result was given; nothing was done or charged */
  readonly answered_from?: string | null;
}

// cards: A card that is kept for later payments, buying with it at once, and letting it buy by itself.

/** The card that is kept, as far as its owner is shown. The number is at the payment provider only. */
export interface SavedCard {
  readonly brand: string;
  /** The last four digits */
  readonly last4: string;
  readonly exp_month: number;
  readonly exp_year: number;
  /** For people, such as Visa ending 4242 */
  readonly name: string;
  readonly has_expired: boolean;
}

/** Your saved card, or none. */
export interface CardPage {
  readonly card: SavedCard | null;
}

/** Buy a pack with the saved card, now; needs an Idempotency-Key, which makes it one order. */
export interface TopUpRequest {
  readonly pack: string;
  /** The price you were shown, in pence or cents; another one is refused */
  readonly price_minor: number;
}

/** Turn auto-recharge on, with all three, or off. */
export interface RechargeChange {
  readonly on: boolean;
  readonly pack?: string | null;
  /** Below so many credits, or millionths of a dollar where the pack gives dollars */
  readonly threshold?: number | null;
  /** At most so many pence or cents a calendar month */
  readonly ceiling_minor?: number | null;
}

/** Auto-recharge: what it does, what it did this month, and why it does nothing now. */
export interface Recharge {
  readonly state: 'on' | 'off' | 'paused';
  /** Why it is as it is; asked is your own will */
  readonly reason: 'never_asked' | 'asked' | 'authentication_required' | 'card_declined' | 'card_removed' | 'pack_changed' | 'disputed' | 'debt' | 'wallet_closed';
  /** Where it is on: what it waits for; balance is that enough is left, nothing that it acts */
  readonly waits_for: 'nothing' | 'balance' | 'charge' | 'cool_down' | 'ceiling' | 'wallet';
  /** What it buys; None before it was ever turned on */
  readonly pack: Pack | null;
  readonly threshold: number;
  readonly ceiling_minor: number;
  /** For people, such as £30 */
  readonly ceiling: string;
  /** Charged by itself this month, or being charged */
  readonly charged_minor: number;
  readonly charged: string;
  readonly month_ends_at: string | null;
  readonly card: SavedCard | null;
  /** How it stands, in one sentence for people */
  readonly says: string;
}

// catalogue: The catalogue of tools as users see it.

/** The most one run may use. */
export interface RunLimits {
  readonly cpu_ms: number;
  readonly wall_ms: number;
  readonly memory_bytes: number;
  readonly output_bytes: number;
}

/** One line of the catalogue. */
export interface ToolSummary {
  readonly id: string;
  /** The part after '<studio>-studio-' */
  readonly short_name: string;
  readonly studio: string;
  readonly title: string;
  readonly summary: string;
  readonly mode: 'client' | 'hybrid' | 'server';
  readonly risk: 'low' | 'medium' | 'high';
  readonly availability: 'available' | 'coming_soon';
  /** The least a metered run costs; 0 for kernel-only tools */
  readonly min_credits: number;
  /** The most any run can cost */
  readonly max_credits: number;
}

/** Everything a person needs to use one tool. */
export interface ToolPage {
  readonly tool: ToolSummary;
  readonly version: string | null;
  readonly description: string;
  /** Limits of a metered run; None for kernel-only tools */
  readonly limits: RunLimits | null;
  /** JSON Schema of the inputs */
  readonly input_schema: Readonly<Record<string, JsonValue>> | null;
  /** The input that a cell body fills */
  readonly cell_field?: string | null;
  /** Notebook lines to copy */
  readonly example?: string;
}

/** All tools, in catalogue order. */
export interface Catalogue {
  readonly tools: readonly ToolSummary[];
  readonly price_version: string;
}

/** How good the estimates of one tool have been on this server. */
export interface Accuracy {
  readonly tool_id: string;
  readonly tool_version: string;
  readonly runs: number;
  /** Runs whose charge was within 25 % of 'typical' */
  readonly within_quarter: number;
  /** Runs charged above their quoted maximum; always 0 */
  readonly above_maximum: number;
  /** Median of charge over typical, in per cent */
  readonly median_ratio_percent: number | null;
}

// events: What the server pushes over `GET /api/events` (server-sent events; `event:` is the member `kind`).

/** First event of a stream: the state to start from. */
export interface HelloEvent {
  readonly kind: 'hello';
  readonly balance: Balance;
  /** Runs that are not over, and the latest ones */
  readonly runs: readonly RunSummary[];
}

/** The wallet changed. */
export interface BalanceEvent {
  readonly kind: 'balance';
  readonly balance: Balance;
}

/** A run changed. */
export interface RunEvent {
  readonly kind: 'run';
  readonly run: RunSummary;
}

/** Something a person should know: a threshold reached, credits about to end, a payment credited. */
export interface NoticeEvent {
  readonly kind: 'notice';
  readonly severity: 'info' | 'warning';
  readonly text: string;
  /** Set when it is kept and can be marked read */
  readonly notice_id?: string | null;
  /** The purchase it is about, where it is about one */
  readonly about?: string;
}

// inputs: How data is named in a tool's input: by content, never by a path of somebody's machine.

/** One file of input data, content-addressed; its bytes travel once, by upload. */
export interface InputFile {
  /** SHA-256 of the content */
  readonly digest: string;
  /** The name shown to people, with the ending that tells the format */
  readonly name: string;
  readonly size_bytes: number;
}

/** A folder of input files, with names relative to it. */
export interface InputFolder {
  readonly name: string;
  readonly files: readonly InputFile[];
}

/** How far an upload in pieces is. */
export interface UploadPart {
  /** SHA-256 of the content */
  readonly digest: string;
  /** The size of the whole content */
  readonly size_bytes: number;
  /** How much has arrived; the next piece begins here */
  readonly offset_bytes: number;
  /** Whether it is whole, checked against its digest and kept */
  readonly complete: boolean;
}

/** What the server holds of one uploaded content. */
export interface UploadInfo {
  /** SHA-256 of the content */
  readonly digest: string;
  readonly size_bytes: number;
  /** True when this request stored it, False when it was there already */
  readonly created: boolean;
}

// leaving: What an account that was erased leaves behind, for whom it belonged to.

/** The account has ended, and with it its tokens. */
export interface AccountErased {
  /** The random id that stays in the books; nothing says whose it was */
  readonly user_id: string;
  readonly erased_at: string;
  /** What was left and has ended with the account */
  readonly forfeited_credits: number;
  /** A new account gets no free credits before this; a keyed commitment is kept until then */
  readonly free_credits_from: string;
  /** What stays and why, for people */
  readonly kept: string;
  /** By then files are deleted and the database file is rewritten without what was erased */
  readonly files_removed_within_seconds: number;
}

// notices: What a person should know, kept until they have read it.

/** One sentence for one person; told once. */
export interface Notice {
  readonly id: string;
  readonly kind: 'credits_end_in_30_days' | 'credits_end_in_7_days' | 'debt_opened' | 'debt_covered' | 'plan_changed' | 'plan_renewed' | 'recharged' | 'recharge_waits' | 'recharge_stopped';
  readonly severity: 'info' | 'warning';
  readonly text: string;
  readonly created_at: string;
  readonly read_at: string | null;
}

/** The latest notices, newest first. */
export interface NoticeList {
  readonly notices: readonly Notice[];
  /** How many of all notices were not read */
  readonly unread: number;
}

// payments: Buying packs of credits or dollars, and what became of a purchase.

/** One thing on sale; money in the smallest unit of its currency. */
export interface Pack {
  readonly id: string;
  readonly title: string;
  readonly gives: 'credits' | 'dollars';
  /** What it gives, where it gives credits; else 0 */
  readonly credits: number;
  /** What it gives, where it gives dollars, in millionths; else 0 */
  readonly dollars_micros: number;
  /** Pence or cents */
  readonly price_minor: number;
  readonly currency: 'gbp' | 'usd';
  /** The price for people, such as £10 */
  readonly price: string;
  /** How much less a unit costs than in the first pack of its kind */
  readonly saving_percent: number;
  /** What 100 credits, or one dollar, cost in it, for people: £1.79 */
  readonly unit_price: string;
  /** Whether a unit costs least in it, of its kind */
  readonly is_best_value: boolean;
  /** What was bought ends so many days after it was paid */
  readonly lasts_days: number;
}

/** Everything on sale; empty where nothing can be bought. */
export interface PackList {
  readonly packs: readonly Pack[];
}

/** Begin to buy a pack; asked again before it is paid, the same page is given. */
export interface CheckoutRequest {
  readonly pack: string;
  /** Keep the card that pays, for later payments: only where its owner said so */
  readonly save_card?: boolean;
}

/** Where to pay. Nothing is charged before the form on that page is sent. */
export interface Checkout {
  readonly order_id: string;
  readonly session_id: string;
  /** The page at the payment provider */
  readonly url: string;
  readonly pack: Pack;
}

/** One purchase. Card data is never here: the provider keeps it. */
export interface Purchase {
  /** Ours; of a plan the invoice's, or the agreement's before there is one */
  readonly order_id: string;
  /** The pack, or the plan */
  readonly pack_id: string;
  readonly title: string;
  readonly state: 'waiting' | 'pending' | 'paid' | 'expired' | 'failed' | 'held';
  readonly gives: 'credits' | 'dollars';
  /** Whole credits */
  readonly credits: number;
  readonly dollars_micros: number;
  readonly price: string;
  readonly price_minor: number;
  readonly currency: 'gbp' | 'usd';
  /** What was refunded or is disputed, in pence or cents */
  readonly refunded_minor: number;
  readonly disputed: boolean;
  /** The provider's receipt, once it is paid */
  readonly receipt_url: string | null;
  readonly created_at: string;
  /** Paid on a page, with the saved card, or by auto-recharge */
  readonly way?: 'page' | 'saved_card' | 'recharge';
  /** plan: an invoice of a monthly plan */
  readonly kind?: 'pack' | 'plan';
  /** The provider's page of the invoice */
  readonly invoice_url?: string | null;
}

/** Your latest purchases, newest first. */
export interface PurchaseList {
  readonly purchases: readonly Purchase[];
}

/** How one payment stands, and the balance with it. */
export interface PaymentStatus {
  readonly purchase: Purchase;
  /** Whole credits */
  readonly available_credits: number;
  readonly available_dollars_micros: number;
}

// plans: Plans that are paid every month: what they cost, where to pay or change them, how one's own stands.

/** One plan and what a month of it costs, in the smallest unit of its currency; 0 where it is free. */
export interface PlanOffer {
  readonly plan: Plan;
  /** Pence or cents a month; 0 is free */
  readonly price_minor: number;
  readonly currency: 'gbp' | 'usd';
  /** The price for people, such as £15 a month */
  readonly price: string;
  /** Whether this server takes payments for it */
  readonly is_sold: boolean;
}

/** Every plan, the smallest first. */
export interface PlanList {
  readonly plans: readonly PlanOffer[];
}

/** The plan wanted; `free` is to cancel. Asked again before it is paid, the same page is given. */
export interface PlanRequest {
  readonly plan: string;
}

/** Where a plan is paid, changed or cancelled. Nothing is charged before it is confirmed there. */
export interface PlanLink {
  /** checkout: a first payment; portal: a change */
  readonly kind: 'checkout' | 'portal';
  /** The page at the payment provider */
  readonly url: string;
  /** Of a checkout, for verify-payment */
  readonly session_id: string | null;
  readonly offer: PlanOffer;
}

/** The provider's page for cards, invoices, changes and cancelling; for its owner, for a short time. */
export interface PortalLink {
  readonly url: string;
}

/** Your plan now, who pays it, and what comes at the period's end. */
export interface PlanStanding {
  readonly plan: Plan;
  readonly state: 'free' | 'given' | 'paid' | 'past_due';
  readonly period_ends_at: string;
  /** Another plan begins at the period's end; None: it goes on */
  readonly next_plan: Plan | null;
  /** What is charged at the period's end, for people */
  readonly next_price: string | null;
  /** A payment is disputed: no higher plan until that is settled */
  readonly is_disputed: boolean;
  /** A page that was opened and not paid yet */
  readonly waiting_url: string | null;
  /** Whether there is a portal to open */
  readonly has_portal: boolean;
}

// problems: Why a request was refused, in fields that code reads and sentences that people read.

/** One wrong field of the request. */
export interface FieldProblem {
  readonly field: string;
  readonly found: string;
  readonly allowed: string;
  readonly action?: string;
}

/** An `application/problem+json` body. */
export interface Problem {
  /** urn:studio:problem:<code> */
  readonly type?: string;
  readonly status: number;
  /** Stable, machine-readable, for example 'insufficient_credits' */
  readonly code: string;
  /** What was refused, in one sentence */
  readonly error: string;
  /** Why, with the figures */
  readonly reason?: string;
  /** The cheapest next step */
  readonly action?: string;
  readonly fields?: readonly FieldProblem[];
  readonly suggestions?: readonly string[];
  readonly limit?: string | null;
  readonly used?: number | null;
  readonly held?: number | null;
  readonly needed?: number | null;
  readonly available?: number | null;
  readonly cap?: number | null;
  readonly resets_at?: string | null;
  readonly run_id?: string | null;
  /** Where to do by hand what was refused, such as to pay */
  readonly url?: string | null;
}

// results: What a tool returns: findings, tables, figures and artefacts, the same shape for all 24 tools.

/** One thing the tool noticed, where it is, and what to do about it. */
export interface Finding {
  /** Stable identifier of the rule, for example 'missing-values' */
  readonly code: string;
  readonly severity: 'critical' | 'high' | 'medium' | 'low' | 'info';
  /** One sentence a person can act on */
  readonly title: string;
  /** Table, column, file or component concerned */
  readonly where?: string;
  /** Why it matters, with the figures */
  readonly detail?: string;
  /** What to do next */
  readonly action?: string;
  /** How many rows or items are concerned */
  readonly count?: number | null;
}

/** One column of a table. */
export interface Column {
  readonly name: string;
  readonly kind?: 'text' | 'integer' | 'number' | 'percent' | 'bytes' | 'money' | 'time' | 'flag';
  readonly unit?: string;
}

/** Rows to read, already small enough to show. */
export interface Table {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly (string | number | boolean | null)[])[];
  readonly note?: string;
}

/** A picture: SVG always, a Vega-Lite v5 specification or Mermaid text where the field uses them. */
export interface Figure {
  readonly title: string;
  /** What the picture shows, for people who do not see it */
  readonly alt_text: string;
  readonly svg: string;
  readonly vega_lite?: Readonly<Record<string, JsonValue>> | null;
  readonly mermaid?: string | null;
}

/** A file made by the run, fetched by name. */
export interface Artefact {
  readonly name: string;
  readonly media_type: string;
  readonly size_bytes: number;
  /** SHA-256 of the content */
  readonly digest: string;
  readonly title?: string;
  /** Until when the server keeps it; None: as long as the account */
  readonly expires_at?: string | null;
}

/** What the result rests on. */
export interface Provenance {
  readonly tool_id: string;
  readonly tool_version: string;
  /** Library name to version */
  readonly libraries?: Readonly<Record<string, string>>;
  /** Embedded data to its ISO date */
  readonly data_as_of?: Readonly<Record<string, string>>;
  readonly input_digest?: string;
}

/** The whole answer of a tool. */
export interface ToolResult {
  /** The answer in one sentence */
  readonly headline: string;
  readonly score?: number | null;
  /** The tool's own output model */
  readonly summary?: Readonly<Record<string, JsonValue>>;
  readonly findings?: readonly Finding[];
  readonly tables?: readonly Table[];
  readonly figures?: readonly Figure[];
  readonly artefacts?: readonly Artefact[];
  /** What was not looked at, and why */
  readonly not_checked?: readonly string[];
  readonly provenance: Provenance;
}

// runs: Runs: starting them and following them.

/** Start a metered run. Send the header Idempotency-Key; the same key starts it once. */
export interface RunRequest {
  readonly inputs?: Readonly<Record<string, JsonValue>>;
  readonly max_credits?: number | null;
  readonly quote?: string | null;
  /** Work again, also where the result of the same work is stored */
  readonly fresh?: boolean;
}

/** One run in a list. */
export interface RunSummary {
  readonly id: string;
  readonly tool_id: string;
  readonly tool_title: string;
  readonly state: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'timed_out' | 'lost';
  readonly progress_percent: number;
  readonly stage?: string;
  /** What the tool logged last, while it is at work */
  readonly log_line?: string;
  /** Place in the queue; 1 is next */
  readonly queue_position?: number | null;
  /** Rises with every change of the run */
  readonly revision: number;
  /** Whole credits */
  readonly max_credits: number;
  readonly charged_credits: number | null;
  readonly receipt_id: string | null;
  readonly input_summary?: string;
  /** The run whose stored result this one gives, for 0 credits */
  readonly answered_from?: string | null;
  readonly created_at: string;
  readonly ended_at: string | null;
}

/** One run, whole. */
export interface Run {
  readonly id: string;
  readonly tool_id: string;
  readonly tool_title: string;
  readonly state: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'timed_out' | 'lost';
  readonly progress_percent: number;
  readonly stage?: string;
  /** What the tool logged last, while it is at work */
  readonly log_line?: string;
  /** Place in the queue; 1 is next */
  readonly queue_position?: number | null;
  /** Rises with every change of the run */
  readonly revision: number;
  /** Whole credits */
  readonly max_credits: number;
  readonly charged_credits: number | null;
  readonly receipt_id: string | null;
  readonly input_summary?: string;
  /** The run whose stored result this one gives, for 0 credits */
  readonly answered_from?: string | null;
  readonly created_at: string;
  readonly ended_at: string | null;
  readonly tool_version: string;
  /** Whole credits */
  readonly typical_credits: number;
  readonly started_at: string | null;
  readonly failure: Problem | null;
  readonly receipt: Receipt | null;
  readonly result: ToolResult | null;
  /** What the tool logged last, oldest first */
  readonly log_lines?: readonly string[];
}

/** Runs, newest first. */
export interface RunList {
  readonly runs: readonly RunSummary[];
  /** Pass as 'before' for the next page */
  readonly next_before: string | null;
}

// secrets: Secrets: values that the server keeps for runs and never shows again.

/** What is kept; it is in no answer. */
export interface SecretValue {
  readonly value: string;
}

/** That a secret is there. */
export interface SecretInfo {
  readonly name: string;
  readonly created_at: string;
  readonly used_at: string | null;
}

/** All secrets of a user, by name. */
export interface SecretList {
  readonly secrets: readonly SecretInfo[];
}

export type Event = HelloEvent | BalanceEvent | RunEvent | NoticeEvent;

export type JsonValue = unknown;

/** Every message by its name. */
export interface Contracts {
  readonly Account: Account;
  readonly AccountErased: AccountErased;
  readonly Accuracy: Accuracy;
  readonly Artefact: Artefact;
  readonly Balance: Balance;
  readonly BalanceEvent: BalanceEvent;
  readonly CardPage: CardPage;
  readonly Catalogue: Catalogue;
  readonly Checkout: Checkout;
  readonly CheckoutRequest: CheckoutRequest;
  readonly Column: Column;
  readonly Estimate: Estimate;
  readonly EstimateRequest: EstimateRequest;
  readonly Event: Event;
  readonly FieldProblem: FieldProblem;
  readonly Figure: Figure;
  readonly Finding: Finding;
  readonly Forecast: Forecast;
  readonly HelloEvent: HelloEvent;
  readonly InputFile: InputFile;
  readonly InputFolder: InputFolder;
  readonly JsonValue: JsonValue;
  readonly LotView: LotView;
  readonly Measured: Measured;
  readonly Notice: Notice;
  readonly NoticeEvent: NoticeEvent;
  readonly NoticeList: NoticeList;
  readonly Pack: Pack;
  readonly PackList: PackList;
  readonly PaymentStatus: PaymentStatus;
  readonly Plan: Plan;
  readonly PlanLink: PlanLink;
  readonly PlanList: PlanList;
  readonly PlanOffer: PlanOffer;
  readonly PlanRequest: PlanRequest;
  readonly PlanStanding: PlanStanding;
  readonly PortalLink: PortalLink;
  readonly PriceLine: PriceLine;
  readonly Problem: Problem;
  readonly Provenance: Provenance;
  readonly Purchase: Purchase;
  readonly PurchaseList: PurchaseList;
  readonly Receipt: Receipt;
  readonly Recharge: Recharge;
  readonly RechargeChange: RechargeChange;
  readonly Run: Run;
  readonly RunEvent: RunEvent;
  readonly RunLimits: RunLimits;
  readonly RunList: RunList;
  readonly RunRequest: RunRequest;
  readonly RunSummary: RunSummary;
  readonly SavedCard: SavedCard;
  readonly SecretInfo: SecretInfo;
  readonly SecretList: SecretList;
  readonly SecretValue: SecretValue;
  readonly SpendControls: SpendControls;
  readonly SpendControlsChange: SpendControlsChange;
  readonly Standing: Standing;
  readonly Statement: Statement;
  readonly StatementLine: StatementLine;
  readonly Subscription: Subscription;
  readonly Table: Table;
  readonly ToolPage: ToolPage;
  readonly ToolResult: ToolResult;
  readonly ToolSummary: ToolSummary;
  readonly TopUpRequest: TopUpRequest;
  readonly UploadInfo: UploadInfo;
  readonly UploadPart: UploadPart;
  readonly Window: Window;
}

export type ContractName = keyof Contracts;

/** What a value must look like; read by `decode`. */
export type Shape =
  | 'string'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'null'
  | 'unknown'
  | { readonly ref: ContractName }
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly any: readonly Shape[] }
  | { readonly literals: readonly (string | number | boolean)[] }
  | { readonly members: Readonly<Record<string, Shape>>; readonly optional: readonly string[] };

export const SHAPES: Readonly<Record<ContractName, Shape>> = {
  Account: {"members": {"user_id": "string", "display_name": "string", "issuer": "string", "signed_in_via": "string", "plan": {"ref": "Plan"}, "mode": {"literals": ["local", "hub", "service"]}, "server_version": "string", "deterministic": "boolean", "subscription": {"any": [{"ref": "Subscription"}, "null"]}}, "optional": ["deterministic", "subscription"]},
  AccountErased: {"members": {"user_id": "string", "erased_at": "string", "forfeited_credits": "integer", "free_credits_from": "string", "kept": "string", "files_removed_within_seconds": "integer"}, "optional": []},
  Accuracy: {"members": {"tool_id": "string", "tool_version": "string", "runs": "integer", "within_quarter": "integer", "above_maximum": "integer", "median_ratio_percent": {"any": ["integer", "null"]}}, "optional": []},
  Artefact: {"members": {"name": "string", "media_type": "string", "size_bytes": "integer", "digest": "string", "title": "string", "expires_at": {"any": ["string", "null"]}}, "optional": ["title", "expires_at"]},
  Balance: {"members": {"user": "string", "plan": {"ref": "Plan"}, "available_credits": "integer", "held_credits": "integer", "spendable_credits": "integer", "day": {"ref": "Window"}, "month": {"ref": "Window"}, "per_run_limit_credits": {"any": ["integer", "null"]}, "lots": {"list": {"ref": "LotView"}}, "alert_percent": {"any": ["integer", "null"]}, "level": {"literals": ["ok", "low", "blocked"]}, "mode": {"literals": ["local", "hub", "service"]}, "note": "string", "notice": "string", "notice_id": {"any": ["string", "null"]}, "notice_severity": {"literals": ["info", "warning"]}, "revision": "integer"}, "optional": ["note", "notice", "notice_id", "notice_severity"]},
  BalanceEvent: {"members": {"kind": {"literals": ["balance"]}, "balance": {"ref": "Balance"}}, "optional": []},
  CardPage: {"members": {"card": {"any": [{"ref": "SavedCard"}, "null"]}}, "optional": []},
  Catalogue: {"members": {"tools": {"list": {"ref": "ToolSummary"}}, "price_version": "string"}, "optional": []},
  Checkout: {"members": {"order_id": "string", "session_id": "string", "url": "string", "pack": {"ref": "Pack"}}, "optional": []},
  CheckoutRequest: {"members": {"pack": "string", "save_card": "boolean"}, "optional": ["save_card"]},
  Column: {"members": {"name": "string", "kind": {"literals": ["text", "integer", "number", "percent", "bytes", "money", "time", "flag"]}, "unit": "string"}, "optional": ["kind", "unit"]},
  Estimate: {"members": {"tool_id": "string", "tool_title": "string", "tool_version": "string", "place": {"literals": ["kernel", "server"]}, "price_version": "string", "min_credits": "integer", "typical_credits": "integer", "max_credits": "integer", "lines": {"list": {"ref": "PriceLine"}}, "limits": {"any": [{"ref": "RunLimits"}, "null"]}, "forecast": {"ref": "Forecast"}, "measured_runs": "integer", "standing": {"any": [{"ref": "Standing"}, "null"]}, "quote": {"any": ["string", "null"]}, "quote_expires_at": {"any": ["string", "null"]}, "free_alternative": "string", "stored_run_id": {"any": ["string", "null"]}}, "optional": ["free_alternative", "stored_run_id"]},
  EstimateRequest: {"members": {"tool": "string", "inputs": {"map": {"ref": "JsonValue"}}, "max_credits": {"any": ["integer", "null"]}}, "optional": ["inputs", "max_credits"]},
  Event: {"any": [{"ref": "HelloEvent"}, {"ref": "BalanceEvent"}, {"ref": "RunEvent"}, {"ref": "NoticeEvent"}]},
  FieldProblem: {"members": {"field": "string", "found": "string", "allowed": "string", "action": "string"}, "optional": ["action"]},
  Figure: {"members": {"title": "string", "alt_text": "string", "svg": "string", "vega_lite": {"any": [{"map": {"ref": "JsonValue"}}, "null"]}, "mermaid": {"any": ["string", "null"]}}, "optional": ["vega_lite", "mermaid"]},
  Finding: {"members": {"code": "string", "severity": {"literals": ["critical", "high", "medium", "low", "info"]}, "title": "string", "where": "string", "detail": "string", "action": "string", "count": {"any": ["integer", "null"]}}, "optional": ["where", "detail", "action", "count"]},
  Forecast: {"members": {"cpu_ms": "integer", "wall_ms": "integer", "peak_bytes": "integer", "basis": "string"}, "optional": ["basis"]},
  HelloEvent: {"members": {"kind": {"literals": ["hello"]}, "balance": {"ref": "Balance"}, "runs": {"list": {"ref": "RunSummary"}}}, "optional": []},
  InputFile: {"members": {"digest": "string", "name": "string", "size_bytes": "integer"}, "optional": []},
  InputFolder: {"members": {"name": "string", "files": {"list": {"ref": "InputFile"}}}, "optional": []},
  JsonValue: "unknown",
  LotView: {"members": {"source": "string", "left_credits": "integer", "ends_at": {"any": ["string", "null"]}}, "optional": []},
  Measured: {"members": {"cpu_ms": "integer", "wall_ms": "integer", "peak_bytes": "integer", "byte_ms": "integer"}, "optional": []},
  Notice: {"members": {"id": "string", "kind": {"literals": ["credits_end_in_30_days", "credits_end_in_7_days", "debt_opened", "debt_covered", "plan_changed", "plan_renewed", "recharged", "recharge_waits", "recharge_stopped"]}, "severity": {"literals": ["info", "warning"]}, "text": "string", "created_at": "string", "read_at": {"any": ["string", "null"]}}, "optional": []},
  NoticeEvent: {"members": {"kind": {"literals": ["notice"]}, "severity": {"literals": ["info", "warning"]}, "text": "string", "notice_id": {"any": ["string", "null"]}, "about": "string"}, "optional": ["notice_id", "about"]},
  NoticeList: {"members": {"notices": {"list": {"ref": "Notice"}}, "unread": "integer"}, "optional": []},
  Pack: {"members": {"id": "string", "title": "string", "gives": {"literals": ["credits", "dollars"]}, "credits": "integer", "dollars_micros": "integer", "price_minor": "integer", "currency": {"literals": ["gbp", "usd"]}, "price": "string", "saving_percent": "integer", "unit_price": "string", "is_best_value": "boolean", "lasts_days": "integer"}, "optional": []},
  PackList: {"members": {"packs": {"list": {"ref": "Pack"}}}, "optional": []},
  PaymentStatus: {"members": {"purchase": {"ref": "Purchase"}, "available_credits": "integer", "available_dollars_micros": "integer"}, "optional": []},
  Plan: {"members": {"id": "string", "title": "string", "monthly_credits": "integer", "daily_cap_credits": "integer"}, "optional": []},
  PlanLink: {"members": {"kind": {"literals": ["checkout", "portal"]}, "url": "string", "session_id": {"any": ["string", "null"]}, "offer": {"ref": "PlanOffer"}}, "optional": []},
  PlanList: {"members": {"plans": {"list": {"ref": "PlanOffer"}}}, "optional": []},
  PlanOffer: {"members": {"plan": {"ref": "Plan"}, "price_minor": "integer", "currency": {"literals": ["gbp", "usd"]}, "price": "string", "is_sold": "boolean"}, "optional": []},
  PlanRequest: {"members": {"plan": "string"}, "optional": []},
  PlanStanding: {"members": {"plan": {"ref": "Plan"}, "state": {"literals": ["free", "given", "paid", "past_due"]}, "period_ends_at": "string", "next_plan": {"any": [{"ref": "Plan"}, "null"]}, "next_price": {"any": ["string", "null"]}, "is_disputed": "boolean", "waiting_url": {"any": ["string", "null"]}, "has_portal": "boolean"}, "optional": []},
  PortalLink: {"members": {"url": "string"}, "optional": []},
  PriceLine: {"members": {"label": "string", "credits": "string", "detail": "string"}, "optional": ["detail"]},
  Problem: {"members": {"type": "string", "status": "integer", "code": "string", "error": "string", "reason": "string", "action": "string", "fields": {"list": {"ref": "FieldProblem"}}, "suggestions": {"list": "string"}, "limit": {"any": ["string", "null"]}, "used": {"any": ["integer", "null"]}, "held": {"any": ["integer", "null"]}, "needed": {"any": ["integer", "null"]}, "available": {"any": ["integer", "null"]}, "cap": {"any": ["integer", "null"]}, "resets_at": {"any": ["string", "null"]}, "run_id": {"any": ["string", "null"]}, "url": {"any": ["string", "null"]}}, "optional": ["type", "reason", "action", "fields", "suggestions", "limit", "used", "held", "needed", "available", "cap", "resets_at", "run_id", "url"]},
  Provenance: {"members": {"tool_id": "string", "tool_version": "string", "libraries": {"map": "string"}, "data_as_of": {"map": "string"}, "input_digest": "string"}, "optional": ["libraries", "data_as_of", "input_digest"]},
  Purchase: {"members": {"order_id": "string", "pack_id": "string", "title": "string", "state": {"literals": ["waiting", "pending", "paid", "expired", "failed", "held"]}, "gives": {"literals": ["credits", "dollars"]}, "credits": "integer", "dollars_micros": "integer", "price": "string", "price_minor": "integer", "currency": {"literals": ["gbp", "usd"]}, "refunded_minor": "integer", "disputed": "boolean", "receipt_url": {"any": ["string", "null"]}, "created_at": "string", "way": {"literals": ["page", "saved_card", "recharge"]}, "kind": {"literals": ["pack", "plan"]}, "invoice_url": {"any": ["string", "null"]}}, "optional": ["way", "kind", "invoice_url"]},
  PurchaseList: {"members": {"purchases": {"list": {"ref": "Purchase"}}}, "optional": []},
  Receipt: {"members": {"id": "string", "run_id": "string", "tool_id": "string", "tool_title": "string", "tool_version": "string", "price_version": "string", "outcome": "string", "reason": "string", "min_credits": "integer", "typical_credits": "integer", "max_credits": "integer", "charged_credits": "integer", "returned_credits": "integer", "lines": {"list": {"ref": "PriceLine"}}, "measured": {"any": [{"ref": "Measured"}, "null"]}, "available_credits_after": "integer", "created_at": "string", "answered_from": {"any": ["string", "null"]}}, "optional": ["reason", "answered_from"]},
  Recharge: {"members": {"state": {"literals": ["on", "off", "paused"]}, "reason": {"literals": ["never_asked", "asked", "authentication_required", "card_declined", "card_removed", "pack_changed", "disputed", "debt", "wallet_closed"]}, "waits_for": {"literals": ["nothing", "balance", "charge", "cool_down", "ceiling", "wallet"]}, "pack": {"any": [{"ref": "Pack"}, "null"]}, "threshold": "integer", "ceiling_minor": "integer", "ceiling": "string", "charged_minor": "integer", "charged": "string", "month_ends_at": {"any": ["string", "null"]}, "card": {"any": [{"ref": "SavedCard"}, "null"]}, "says": "string"}, "optional": []},
  RechargeChange: {"members": {"on": "boolean", "pack": {"any": ["string", "null"]}, "threshold": {"any": ["integer", "null"]}, "ceiling_minor": {"any": ["integer", "null"]}}, "optional": ["pack", "threshold", "ceiling_minor"]},
  Run: {"members": {"id": "string", "tool_id": "string", "tool_title": "string", "state": {"literals": ["queued", "running", "succeeded", "failed", "cancelled", "timed_out", "lost"]}, "progress_percent": "integer", "stage": "string", "log_line": "string", "queue_position": {"any": ["integer", "null"]}, "revision": "integer", "max_credits": "integer", "charged_credits": {"any": ["integer", "null"]}, "receipt_id": {"any": ["string", "null"]}, "input_summary": "string", "answered_from": {"any": ["string", "null"]}, "created_at": "string", "ended_at": {"any": ["string", "null"]}, "tool_version": "string", "typical_credits": "integer", "started_at": {"any": ["string", "null"]}, "failure": {"any": [{"ref": "Problem"}, "null"]}, "receipt": {"any": [{"ref": "Receipt"}, "null"]}, "result": {"any": [{"ref": "ToolResult"}, "null"]}, "log_lines": {"list": "string"}}, "optional": ["stage", "log_line", "queue_position", "input_summary", "answered_from", "log_lines"]},
  RunEvent: {"members": {"kind": {"literals": ["run"]}, "run": {"ref": "RunSummary"}}, "optional": []},
  RunLimits: {"members": {"cpu_ms": "integer", "wall_ms": "integer", "memory_bytes": "integer", "output_bytes": "integer"}, "optional": []},
  RunList: {"members": {"runs": {"list": {"ref": "RunSummary"}}, "next_before": {"any": ["string", "null"]}}, "optional": []},
  RunRequest: {"members": {"inputs": {"map": {"ref": "JsonValue"}}, "max_credits": {"any": ["integer", "null"]}, "quote": {"any": ["string", "null"]}, "fresh": "boolean"}, "optional": ["inputs", "max_credits", "quote", "fresh"]},
  RunSummary: {"members": {"id": "string", "tool_id": "string", "tool_title": "string", "state": {"literals": ["queued", "running", "succeeded", "failed", "cancelled", "timed_out", "lost"]}, "progress_percent": "integer", "stage": "string", "log_line": "string", "queue_position": {"any": ["integer", "null"]}, "revision": "integer", "max_credits": "integer", "charged_credits": {"any": ["integer", "null"]}, "receipt_id": {"any": ["string", "null"]}, "input_summary": "string", "answered_from": {"any": ["string", "null"]}, "created_at": "string", "ended_at": {"any": ["string", "null"]}}, "optional": ["stage", "log_line", "queue_position", "input_summary", "answered_from"]},
  SavedCard: {"members": {"brand": "string", "last4": "string", "exp_month": "integer", "exp_year": "integer", "name": "string", "has_expired": "boolean"}, "optional": []},
  SecretInfo: {"members": {"name": "string", "created_at": "string", "used_at": {"any": ["string", "null"]}}, "optional": []},
  SecretList: {"members": {"secrets": {"list": {"ref": "SecretInfo"}}}, "optional": []},
  SecretValue: {"members": {"value": "string"}, "optional": []},
  SpendControls: {"members": {"daily_limit_credits": "integer", "monthly_limit_credits": "integer", "per_run_limit_credits": {"any": ["integer", "null"]}, "daily_cap_credits": "integer", "monthly_cap_credits": "integer", "alert_percents": {"list": "integer"}}, "optional": []},
  SpendControlsChange: {"members": {"daily_limit_credits": {"any": ["integer", "null"]}, "monthly_limit_credits": {"any": ["integer", "null"]}, "per_run_limit_credits": {"any": ["integer", "null"]}, "alert_percents": {"any": [{"list": "integer"}, "null"]}}, "optional": ["daily_limit_credits", "monthly_limit_credits", "per_run_limit_credits", "alert_percents"]},
  Standing: {"members": {"available_credits": "integer", "after_typical_credits": "integer", "day_used_credits": "integer", "day_cap_credits": "integer", "refused_by": {"any": ["string", "null"]}, "action": "string"}, "optional": ["action"]},
  Statement: {"members": {"lines": {"list": {"ref": "StatementLine"}}, "next_before": {"any": ["integer", "null"]}}, "optional": []},
  StatementLine: {"members": {"sequence": "integer", "at": "string", "kind": "string", "description": "string", "amount_credits": "integer", "available_credits_after": "integer", "run_id": {"any": ["string", "null"]}, "receipt_id": {"any": ["string", "null"]}}, "optional": []},
  Subscription: {"members": {"starts_at": "string", "ends_at": "string", "next_plan": {"any": [{"ref": "Plan"}, "null"]}, "roll_over_credits": "integer"}, "optional": []},
  Table: {"members": {"title": "string", "columns": {"list": {"ref": "Column"}}, "rows": {"list": {"list": {"any": ["string", "integer", "number", "boolean", "null"]}}}, "note": "string"}, "optional": ["note"]},
  ToolPage: {"members": {"tool": {"ref": "ToolSummary"}, "version": {"any": ["string", "null"]}, "description": "string", "limits": {"any": [{"ref": "RunLimits"}, "null"]}, "input_schema": {"any": [{"map": {"ref": "JsonValue"}}, "null"]}, "cell_field": {"any": ["string", "null"]}, "example": "string"}, "optional": ["cell_field", "example"]},
  ToolResult: {"members": {"headline": "string", "score": {"any": ["integer", "null"]}, "summary": {"map": {"ref": "JsonValue"}}, "findings": {"list": {"ref": "Finding"}}, "tables": {"list": {"ref": "Table"}}, "figures": {"list": {"ref": "Figure"}}, "artefacts": {"list": {"ref": "Artefact"}}, "not_checked": {"list": "string"}, "provenance": {"ref": "Provenance"}}, "optional": ["score", "summary", "findings", "tables", "figures", "artefacts", "not_checked"]},
  ToolSummary: {"members": {"id": "string", "short_name": "string", "studio": "string", "title": "string", "summary": "string", "mode": {"literals": ["client", "hybrid", "server"]}, "risk": {"literals": ["low", "medium", "high"]}, "availability": {"literals": ["available", "coming_soon"]}, "min_credits": "integer", "max_credits": "integer"}, "optional": []},
  TopUpRequest: {"members": {"pack": "string", "price_minor": "integer"}, "optional": []},
  UploadInfo: {"members": {"digest": "string", "size_bytes": "integer", "created": "boolean"}, "optional": []},
  UploadPart: {"members": {"digest": "string", "size_bytes": "integer", "offset_bytes": "integer", "complete": "boolean"}, "optional": []},
  Window: {"members": {"kind": {"literals": ["day", "month"]}, "starts_at": "string", "resets_at": "string", "cap_credits": "integer", "spent_credits": "integer", "held_credits": "integer"}, "optional": []},
};

export const ALERT_THRESHOLDS = [25, 50, 75, 90, 100] as const;

export const MAX_AMOUNT = 9007199254740991 as const;

export const TERMINAL_STATES = ["cancelled", "failed", "lost", "succeeded", "timed_out"] as const;
