"""How a guard says no."""


class IntakeRefused(ValueError):
    """The file must not be opened: what was found, what is allowed, what to do. Holds no content of it."""

    def __init__(self, found: str, allowed: str, action: str = "") -> None:
        super().__init__(found)
        self.found = found
        self.allowed = allowed
        self.action = action
