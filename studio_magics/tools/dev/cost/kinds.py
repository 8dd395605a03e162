"""What can stand in an architecture: kinds of component, their numbers, and what each is billed by."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

HOURS_PER_MONTH = Decimal(730)
"""The month every provider's calculator uses: 8,760 hours a year over twelve."""
LONGEST_MONTH_HOURS = Decimal(744)
SECONDS_PER_MS = Decimal("0.001")
MB_PER_GB = Decimal(1024)

Numbers = Mapping[str, Decimal]


@dataclass(frozen=True)
class NumberField:
    """One number of a component."""

    name: str
    describes: str
    default: Decimal | None = None
    """What stands when it is not given; None with `required` off: not stated, counted as nothing."""
    required: bool = False
    whole: bool = False
    least: Decimal = Decimal(0)
    most: Decimal = Decimal(10) ** 12
    is_usage: bool = False
    """Scaled by a what-if on usage."""
    is_billed: bool = True
    """Whether the cost depends on it."""


@dataclass(frozen=True)
class Meter:
    """One thing a kind is billed by."""

    name: str
    title: str
    quantity: Callable[[Numbers], Decimal]
    needs: str = ""
    """The optional number without which this meter counts nothing."""
    is_committed: bool = False
    """A commitment lowers its price, and is billed for every hour."""


@dataclass(frozen=True)
class Kind:
    """One kind of component."""

    name: str
    category: str
    fields: tuple[NumberField, ...]
    meters: tuple[Meter, ...]
    default_size: str | None = None
    is_machine: bool = False
    """Has vCPU and memory, so it can be compared and committed to."""

    def field(self, name: str) -> NumberField | None:
        """The number of this name, if the kind has it."""
        return next((field for field in self.fields if field.name == name), None)


_COUNT = NumberField("count", "how many", Decimal(1), whole=True, most=Decimal(100_000))
_HOURS = NumberField("hours", "hours a month", HOURS_PER_MONTH, most=LONGEST_MONTH_HOURS)
_COPIES = NumberField(
    "copies", "1, or 2 with a standby", Decimal(1), whole=True, least=Decimal(1), most=Decimal(10)
)
_PEAK_CPU = NumberField("peak_cpu_percent", "highest CPU use", most=Decimal(100), is_billed=False)
_PEAK_MEMORY = NumberField("peak_memory_percent", "highest memory use", most=Decimal(100), is_billed=False)


def _usage(name: str, describes: str, *, required: bool = False) -> NumberField:
    return NumberField(name, describes, required=required, is_usage=True)


def _machine_hours(n: Numbers) -> Decimal:
    return n["count"] * n.get("copies", Decimal(1)) * n["hours"]


def _plain_hours(n: Numbers) -> Decimal:
    return n["count"] * n["hours"]


def _counted(field: str) -> Callable[[Numbers], Decimal]:
    return lambda n: n["count"] * n.get("copies", Decimal(1)) * n.get(field, Decimal(0))


def _total(field: str) -> Callable[[Numbers], Decimal]:
    return lambda n: n.get(field, Decimal(0))


def _gb_seconds(n: Numbers) -> Decimal:
    return n["requests"] * n["duration_ms"] * SECONDS_PER_MS * n["memory_mb"] / MB_PER_GB


_MACHINE = Meter("hours", "machine hours", _machine_hours, is_committed=True)
_TIME = Meter("hours", "hours", _plain_hours)
_PROCESSED = Meter("processed", "data processed", _total("gb"), needs="gb")

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("vm", "compute", (_COUNT, _HOURS, _PEAK_CPU, _PEAK_MEMORY), (_MACHINE,), is_machine=True),
        Kind(
            "database",
            "database",
            (
                _COUNT,
                _COPIES,
                _HOURS,
                NumberField("storage_gb", "stored GB per copy"),
                _PEAK_CPU,
                _PEAK_MEMORY,
            ),
            (_MACHINE, Meter("storage", "storage", _counted("storage_gb"), needs="storage_gb")),
            is_machine=True,
        ),
        Kind(
            "cache",
            "database",
            (_COUNT, _COPIES, _HOURS, _PEAK_CPU, _PEAK_MEMORY),
            (_MACHINE,),
            is_machine=True,
        ),
        Kind(
            "block-storage",
            "storage",
            (_COUNT, NumberField("gb", "GB of each volume", required=True)),
            (Meter("storage", "storage", _counted("gb")),),
        ),
        Kind(
            "object-storage",
            "storage",
            (
                _usage("gb", "stored GB", required=True),
                _usage("writes", "write requests a month"),
                _usage("reads", "read requests a month"),
            ),
            (
                Meter("storage", "storage", _total("gb")),
                Meter("writes", "write requests", _total("writes"), needs="writes"),
                Meter("reads", "read requests", _total("reads"), needs="reads"),
            ),
            default_size="standard",
        ),
        Kind(
            "egress",
            "network",
            (_usage("gb", "GB sent to the internet a month", required=True),),
            (Meter("transfer", "data sent", _total("gb")),),
            default_size="internet",
        ),
        Kind(
            "load-balancer",
            "network",
            (_COUNT, _HOURS, _usage("gb", "GB processed a month")),
            (_TIME, _PROCESSED),
        ),
        Kind(
            "nat-gateway",
            "network",
            (_COUNT, _HOURS, _usage("gb", "GB processed a month")),
            (_TIME, _PROCESSED),
            default_size="standard",
        ),
        Kind("public-ip", "network", (_COUNT, _HOURS), (_TIME,)),
        Kind(
            "functions",
            "compute",
            (
                _usage("requests", "requests a month", required=True),
                NumberField("duration_ms", "average milliseconds of a request", required=True),
                NumberField("memory_mb", "memory of a function in MB", required=True),
            ),
            (Meter("requests", "requests", _total("requests")), Meter("duration", "GB-seconds", _gb_seconds)),
        ),
        Kind("kubernetes", "compute", (_COUNT, _HOURS), (_TIME,), default_size="standard"),
        Kind(
            "other",
            "other",
            (_COUNT, NumberField("usd_per_month", "your own price of one, in US dollars a month")),
            (Meter("stated", "price stated by you", _counted("usd_per_month"), needs="usd_per_month"),),
            default_size="",
        ),
    )
}
