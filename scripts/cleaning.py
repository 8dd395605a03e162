"""`make clean`: take away what set-up and the demo made; tracked files stay."""

import shutil

from scripts.places import BUILD, ENVIRONMENT, LABEXTENSION, PYRIGHT, ROOT


def main() -> int:
    """Remove the environment, the build folder (with the demo's ledger), node packages and built assets."""
    made = [BUILD, ENVIRONMENT, ROOT / "dist", PYRIGHT / "node_modules"]
    made += [LABEXTENSION / name for name in ("node_modules", "lib", "static")]
    made += list(ROOT.glob("*.egg-info"))
    for folder in made:
        if folder.exists():
            shutil.rmtree(folder)
            print(f"  removed {folder.relative_to(ROOT)}/")
    return 0
