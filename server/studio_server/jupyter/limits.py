"""How much and how long the bridge waits, keeps and accepts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BridgeLimits:
    """Every wait and every buffer of the bridge has its end here."""

    body_bytes: int = 64 * 1024 * 1024
    unread_bytes: int = 256 * 1024
    """Request bytes kept for an app that does not read them yet; then the client has to wait."""
    grace_seconds: float = 0.75
    """From the client's leaving to the cancellation of the app's work for it."""
    stall_seconds: float = 60.0
    """A client that takes no byte for this long has left."""
    startup_seconds: float = 30.0
    shutdown_seconds: float = 10.0
