"""What `make lab` and `make test` need, in order; a second call finds everything done."""

import time

from scripts import node, packages, system
from scripts.places import ROOT


def for_lab() -> int:
    """Make everything that JupyterLab with Studio needs: Python packages, lab extension, Studio itself."""
    started = time.monotonic()
    print(f"Setting up Studio in {ROOT.name}/ (made once; logs in .build/logs)")
    packages.make_environment()
    packages.install_locked()
    node.build_labextension()
    packages.install_studio()
    node.link_labextension()
    packages.quiet_jupyterlab()
    print(f"  ready after {time.monotonic() - started:.1f} s")
    return 0


def for_checks() -> int:
    """Make everything that the checks need on top: the type checker, a browser with fonts, PostgreSQL."""
    for_lab()
    node.install_pyright()
    system.install_for_checks()
    return 0
