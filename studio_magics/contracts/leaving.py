"""What an account that was erased leaves behind, for whom it belonged to."""

from pydantic import Field

from studio_magics.contracts.base import Contract, Credits, Instant


class AccountErased(Contract):
    """The account has ended, and with it its tokens."""

    user_id: str = Field(description="The random id that stays in the books; nothing says whose it was")
    erased_at: Instant
    forfeited_credits: Credits = Field(description="What was left and has ended with the account")
    free_credits_from: Instant = Field(
        description="A new account gets no free credits before this; a keyed commitment is kept until then"
    )
    kept: str = Field(description="What stays and why, for people")
    files_removed_within_seconds: int = Field(
        description="By then files are deleted and the database file is rewritten without what was erased"
    )
