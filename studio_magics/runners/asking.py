"""Asks the person at the keyboard for something that must not be seen, and that no notebook stores."""

from getpass import getpass

from studio_magics.client.refusals import UsageRefused


def unseen(question: str) -> str:
    """What the person types; it is not shown and stands in no cell.

    Raises:
        UsageRefused: Nobody can be asked here.
    """
    from IPython.core.error import StdinNotImplementedError

    try:
        return getpass(f"{question}: ")
    except (EOFError, OSError, StdinNotImplementedError) as nobody:
        raise UsageRefused(
            "Nobody can be asked for the value here: this kernel takes no input.",
            action="echo VALUE | studio-server secret USER NAME, on the server's machine",
        ) from nobody
