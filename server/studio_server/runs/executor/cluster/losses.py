"""Why a run could not be carried out on the cluster."""


class RunLost(Exception):
    """The platform could not carry the run to its end; `reason` is for the operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NeverBegan(RunLost):
    """Nothing of the run has happened anywhere, nor will it by this attempt: another one may be made."""


class NotReached(RunLost):
    """There is no connection to the cluster now."""
