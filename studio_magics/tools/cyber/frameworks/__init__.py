"""Control frameworks as data, and the practices that relate their controls to each other."""

from studio_magics.tools.cyber.frameworks.catalogue import (
    FRAMEWORKS,
    Control,
    Framework,
    FrameworkName,
    Practice,
    framework,
    practices,
)

__all__ = ["FRAMEWORKS", "Control", "Framework", "FrameworkName", "Practice", "framework", "practices"]
