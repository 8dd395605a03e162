"""Guards for files of strangers: what they claim to be, and whether opening them would be a mistake."""

from studio_magics.tools.intake.examining import examine
from studio_magics.tools.intake.refusal import IntakeRefused

__all__ = ["IntakeRefused", "examine"]
