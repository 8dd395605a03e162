"""Asks the person at the keyboard: for what must not be seen, or whether something is meant."""

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


def answer_to(question: str, *, instead: str) -> str:
    """What the person answers.

    Raises:
        UsageRefused: Nobody can be asked here; `instead` is how to say it beforehand.
    """
    from IPython.core.error import StdinNotImplementedError

    try:
        return input(question)
    except (EOFError, OSError, StdinNotImplementedError) as nobody:
        said = "Nobody can be asked here, so nothing was charged or changed."
        raise UsageRefused(said, action=instead) from nobody
