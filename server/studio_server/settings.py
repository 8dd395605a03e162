"""What an operator may set, in one value; the same code runs in all modes of use.

Read once at start, from arguments or the environment; nothing below reads the environment again.
"""

import getpass
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Self

import platformdirs

from studio_magics.contracts.inputs import MAX_UPLOAD_BYTES

Mode = Literal["local", "hub", "service"]
DETERMINISTIC_START = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
SECRET_BYTES = 32


@dataclass(frozen=True)
class Settings:
    """Everything the server is told from outside."""

    data_dir: Path
    owner: str
    mode: Mode = "local"
    deterministic: bool = False
    """Fixed clock and ids, measurements equal to forecasts: for people who test notebooks."""
    free_credits: bool = True
    """Whether a new user is given the free plan's credits; an operator may give credits by hand instead."""
    free_credits_wait_days: int = 60
    """How long after an account was erased the same person gets no free credits in a new one."""
    workers: int = field(default_factory=lambda: max(2, os.cpu_count() or 2))
    max_json_bytes: int = 2_000_000
    max_upload_bytes: int = MAX_UPLOAD_BYTES
    max_stored_upload_bytes: int = 4_000_000_000
    """All uploads of one user together."""
    keep_uploads_days: int = 30
    """How long an upload is kept after a run last needed it."""
    keep_partial_uploads_hours: int = 24
    """How long an upload that was broken off waits for its next piece."""
    artefacts_url: str | None = field(default=None, repr=False)
    """Where the files of runs are, such as s3://bucket/studio (fsspec); None is a folder beside the books."""
    keep_artefacts_days: int | None = 30
    """How long the files of a run are kept; None keeps them as long as the account."""
    max_queue_seconds: int = 900
    settle_grace_seconds: int = 60
    reuse_results_seconds: int | None = None
    """How long after a run the same work is answered with its stored result, for 0 credits; 0 is never. None
    is a day, and never on a deterministic server: what it answers does not depend on what ran before."""
    max_event_streams: int = 20
    """Open event streams per user."""
    requests_per_second: int = 100
    """Of one caller, over HTTP; short bursts of three seconds' worth pass."""
    executor: str = "local"
    """Where runs are carried out: `local` is this machine, `dask` the workers of a Dask cluster."""
    dask_address: str = ""
    """The scheduler of that cluster, such as tls://host:8786; certificates are Dask's own settings."""
    dask_shared_folders: bool = False
    """Workers see the data folder under the same path, so that inputs need not be sent to them."""
    reviewed_tools: tuple[str, ...] = ()
    """Installed tools whose code the operator has read: run also where this machine cannot confine them."""
    control_group: str = ""
    """A control group (version 2) that is delegated to the server, with memory and pids handed down."""
    run_processors: int = 0
    """How many processors runs may use on this machine; 0 leaves one to the server and the notebooks."""
    idle_workers_bytes: int = 512 << 20
    """Memory that fork servers may hold while they wait; the least used are closed above it."""
    allowed_hosts: tuple[str, ...] = ()
    """Host names a standalone server answers to; empty where another server stands in front."""
    database_url: str | None = field(default=None, repr=False)
    """Where the books are (postgresql:// or sqlite:///); None is `studio.db` in the data folder. May hold a
    password."""
    stripe_secret_key: str | None = field(default=None, repr=False)
    """Stripe's secret key; without one nothing can be bought."""
    stripe_webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    """What Stripe signs its events with; two while one replaces the other. Without any: no webhook."""
    stripe_api_base: str = ""
    """Another address than Stripe's own, for a fake; refused with a live key."""
    public_url: str = ""
    """Where browsers reach this server, for the way back from a payment; empty is as the request came."""
    anchor_file: Path | None = None
    """Where the audit chain's head is kept, best on another disk than the books; None is beside them."""

    @classmethod
    def for_local(cls, *, data_dir: Path | None = None, owner: str | None = None, **more: object) -> Self:
        """Settings for one person on one machine: SQLite in the user's data folder."""
        return cls(
            data_dir=data_dir or default_data_dir(),
            owner=owner or _user_name(),
            **more,  # pyright: ignore[reportArgumentType]  - passed on as given, checked by the caller's types
        )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Local settings with every `STUDIO_…` variable below applied."""
        found = os.environ if environ is None else environ
        data_dir = Path(found["STUDIO_DATA_DIR"]) if found.get("STUDIO_DATA_DIR") else None
        anchor = Path(found["STUDIO_ANCHOR_PATH"]) if found.get("STUDIO_ANCHOR_PATH") else None
        url = found.get("STUDIO_DATABASE_URL") or None
        owner = found.get("STUDIO_OWNER")
        reuse = found.get("STUDIO_REUSE_RESULTS_SECONDS")
        return cls.for_local(
            data_dir=data_dir,
            owner=owner,
            anchor_file=anchor,
            database_url=url,
            artefacts_url=found.get("STUDIO_ARTEFACTS_URL") or None,
            keep_artefacts_days=_days(found.get("STUDIO_KEEP_ARTEFACTS_DAYS")),
            keep_uploads_days=_days(found.get("STUDIO_KEEP_UPLOADS_DAYS")) or 30,
            executor=found.get("STUDIO_EXECUTOR") or "local",
            dask_address=found.get("STUDIO_DASK_ADDRESS") or "",
            reviewed_tools=tuple(found.get("STUDIO_REVIEWED_TOOLS", "").replace(",", " ").split()),
            control_group=found.get("STUDIO_CONTROL_GROUP") or "",
            run_processors=_count(found, "STUDIO_RUN_PROCESSORS"),
            dask_shared_folders=found.get("STUDIO_DASK_SHARED_FOLDERS") == "1",
            reuse_results_seconds=int(reuse) if reuse else None,
            **payment_settings(found),
        )

    @property
    def results_are_kept_for(self) -> timedelta:
        """How long a stored result is given again."""
        if self.reuse_results_seconds is not None:
            return timedelta(seconds=self.reuse_results_seconds)
        return timedelta(0) if self.deterministic else timedelta(days=1)

    @property
    def database_path(self) -> Path:
        """The SQLite file."""
        return self.data_dir / "studio.db"

    @property
    def anchor_path(self) -> Path:
        """The file that holds the audit chain's head, outside the database."""
        return self.anchor_file or self.data_dir / "anchor.json"


def payment_settings(environ: Mapping[str, str]) -> dict[str, Any]:
    """What the environment says about payments; without a key nothing can be bought."""
    return {
        "stripe_secret_key": environ.get("STUDIO_STRIPE_SECRET_KEY") or None,
        "stripe_webhook_secrets": tuple(
            environ.get("STUDIO_STRIPE_WEBHOOK_SECRETS", "").replace(",", " ").split()
        ),
        "stripe_api_base": environ.get("STUDIO_STRIPE_API_BASE") or "",
        "public_url": (environ.get("STUDIO_PUBLIC_URL") or "").rstrip("/"),
    }


def default_data_dir() -> Path:
    """The user's data folder for Studio, as the platform has it."""
    return Path(platformdirs.user_data_dir("studio", appauthor=False))


def signing_secret(settings: Settings) -> bytes:
    """The key quotes are signed with: made once, kept in a file only the owner reads."""
    if settings.deterministic:
        return b"deterministic-server-signs-no-money"
    return _key(settings.data_dir / "quote.key")


def erasure_key(settings: Settings) -> bytes:
    """The key that recognises, for a while, who left; without it nobody is recognised."""
    return b"deterministic-server" if settings.deterministic else _key(settings.data_dir / "erasure.key")


def takeout_key(settings: Settings) -> bytes:
    """The key that exports are signed with."""
    return b"deterministic-server" if settings.deterministic else _key(settings.data_dir / "takeout.key")


def _key(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(SECRET_BYTES))
    return path.read_bytes()


def _days(text: str | None) -> int | None:
    """A number of days; `never` is None, nothing is 30."""
    return None if text == "never" else int(text or 30)


def _count(environ: Mapping[str, str], name: str) -> int:
    """A whole number, 0 where nothing is said.

    Raises:
        ValueError: It is something else.
    """
    text = environ.get(name) or "0"
    if not text.isdecimal():
        raise ValueError(f"{name} is '{text[:40]}'; it takes a whole number, such as 2")
    return int(text)


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"
