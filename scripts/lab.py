"""`make lab`: JupyterLab with the embedded credit server on the first notebook; HEADLESS=1 only runs it.

PAYMENTS=fake lets a newcomer buy credits from a fake Stripe on this machine, without an account.
"""

import hashlib
import json
import os
import shutil
from pathlib import Path

from scripts import environment
from scripts.commands import openly
from scripts.failures import LabFailed, SetupFailed
from scripts.fake_payments import selling
from scripts.places import BUILD, FIRST_NOTEBOOK, LAB_DATA, NOTEBOOKS, PYTHON, ROOT
from scripts.server import JupyterServer, running

OPENED_NOTEBOOKS = BUILD / "lab-notebooks"
"""Copies that a person may change; the tracked notebooks are compared with their outputs by the tests."""
HEADLESS = BUILD / "headless"


def main() -> int:
    """Set up, then open JupyterLab, or with HEADLESS=1 run the first notebook and print what it did."""
    environment.for_lab()
    if not (NOTEBOOKS / FIRST_NOTEBOOK).is_file():
        raise SetupFailed(f"notebooks/{FIRST_NOTEBOOK} is missing", action="git checkout -- notebooks")
    return _run_headless() if os.environ.get("HEADLESS", "0") not in {"", "0"} else _open()


def _open() -> int:
    """Serve until Ctrl-C; ledger and notebooks stay for the next time."""
    copy_notebooks(NOTEBOOKS, OPENED_NOTEBOOKS)
    with (
        selling() as extra,
        running("jupyterlab", root=OPENED_NOTEBOOKS, data=LAB_DATA, log="jupyterlab", extra=extra) as server,
    ):
        print(_greeting(server), flush=True)
        try:
            server.process.wait()
        except KeyboardInterrupt:
            print("\nStopping JupyterLab.")
    return 0


def _greeting(server: JupyterServer) -> str:
    return f"""
JupyterLab with Studio is running:

    {server.address.page(f"lab/tree/{FIRST_NOTEBOOK}")}

  notebooks  {OPENED_NOTEBOOKS.relative_to(ROOT)}/ (copies, yours to change)
  credits    {LAB_DATA.relative_to(ROOT)}/ (a ledger of its own; make clean removes both)
  log        {server.log.relative_to(ROOT)}
  stop       Ctrl-C
"""


def copy_notebooks(source: Path, target: Path) -> None:
    """Copy the notebooks and their data; a file that was changed in `target` is left as it is."""
    target.mkdir(parents=True, exist_ok=True)
    record = target.parent / f"{target.name}.json"
    copied: dict[str, str] = json.loads(record.read_text()) if record.is_file() else {}
    for path in sorted(found for found in source.rglob("*") if found.is_file()):
        name = str(path.relative_to(source))
        opened = target / name
        if not opened.exists() or _digest(opened) == copied.get(name):
            opened.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, opened)
            copied[name] = _digest(path)
    record.write_text(json.dumps(copied, indent=1))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _run_headless() -> int:
    """Run the first notebook in a kernel of a real Jupyter server, with a fresh ledger."""
    shutil.rmtree(HEADLESS, ignore_errors=True)
    notebooks, data = HEADLESS / "notebooks", HEADLESS / "data"
    copy_notebooks(NOTEBOOKS, notebooks)
    apart = {"JUPYTER_CONFIG_DIR": str(HEADLESS / "config"), "IPYTHONDIR": str(HEADLESS / "ipython")}
    with running("jupyter_server", root=notebooks, data=data, log="headless", extra=apart) as server:
        credentials = {"JUPYTER_URL": server.address.url, "JUPYTER_TOKEN": server.address.token}
        runner = [PYTHON, "-m", "scripts.headless", notebooks / FIRST_NOTEBOOK]
        status = openly(runner, extra=credentials)
    if status != 0:
        raise LabFailed("the first notebook did not do what it promises, see above", log=server.log)
    return 0
