"""Takes over an operator's newer framework files after checking them; run by an operator only.

python -m studio_magics.tools.cyber.frameworks FOLDER
"""

import sys
from pathlib import Path

from studio_magics.tools.cyber.frameworks.catalogue import (
    FRAMEWORKS,
    REFRESHED,
    SHIPPED,
    DataMisfit,
    framework,
    read_framework,
    read_practices,
)


def refresh(folder: Path, target: Path = REFRESHED) -> list[str]:
    """Copy the files that fit; one line for each framework: its date, what is new and what is gone.

    Raises:
        DataMisfit: A file of the folder does not fit; nothing was copied.
    """
    own = folder / "practices.txt"
    known = tuple(read_practices(own if own.is_file() else SHIPPED / "practices.txt"))
    told: list[str] = []
    taken = [own] if own.is_file() else []
    for name in FRAMEWORKS:
        now = framework(name)
        path = folder / now.file if (folder / now.file).is_file() else SHIPPED / now.file
        new = read_framework(name, path, known)
        if path.parent == folder:
            taken.append(path)
            before, after = ({one.id for one in each.controls} for each in (now, new))
            came, went = sorted(after - before), sorted(before - after)
            told.append(
                f"{new.title}, {new.as_of}: {len(after)} controls, "
                f"new: {', '.join(came) or 'none'}, gone: {', '.join(went) or 'none'}"
            )
    target.mkdir(exist_ok=True)
    for path in taken:
        (target / path.name).write_bytes(path.read_bytes())
    return told


def main(arguments: list[str]) -> int:
    """Take the folder over; 0 done, 1 it does not fit, 2 nothing was named."""
    if len(arguments) != 1:
        print(__doc__)  # noqa: T201  - a command talks to its terminal
        return 2
    try:
        told = refresh(Path(arguments[0]))
    except (DataMisfit, OSError, UnicodeDecodeError) as error:
        print(f"nothing was changed: {error}", file=sys.stderr)  # noqa: T201  - a command talks to its terminal
        return 1
    print("\n".join(told) or "no framework file in this folder")  # noqa: T201  - a command talks to its terminal
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
