"""The Python API: what `%studio` does, as calls. `from studio_magics import studio`.

Every call gives a contract (or a `StudioRun`), which a notebook draws; refusals are `StudioRefusal`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from studio_magics.client.connection import Endpoint
from studio_magics.client.refusals import ServerUnreachable, StudioRefusal, UsageRefused
from studio_magics.display.progress import progress_for
from studio_magics.runners.paying import Paying
from studio_magics.runners.planning import Planning
from studio_magics.runners.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from studio_magics.client.discovery import Surroundings
    from studio_magics.contracts.account import Account, Balance, SpendControls, Statement
    from studio_magics.contracts.billing import Estimate, Receipt
    from studio_magics.contracts.catalogue import Catalogue, Place, ToolPage
    from studio_magics.contracts.notices import NoticeList
    from studio_magics.contracts.runs import Run, RunList
    from studio_magics.contracts.secrets import SecretList
    from studio_magics.display.leaving import Exported
    from studio_magics.display.people import Diagnosis
    from studio_magics.display.progress import Progress
    from studio_magics.display.saving import Saved
    from studio_magics.runners.detached import DetachedRun
    from studio_magics.runners.finding import FoundTool
    from studio_magics.runners.outcome import StudioRun
    from studio_magics.runners.staging import Staged

Limit = int | Literal["plan", "none"]


class Studio(Paying, Planning):
    """One user's Studio in this process."""

    def __init__(self, surroundings: Surroundings | None = None, session: Session | None = None) -> None:
        self.session = session or Session(surroundings)

    def connect(self, url: str, token: str = "") -> Account:
        """Use the server at this address from now on; tells who it takes the caller for.

        When it refuses, the connection from before stays.

        Raises:
            ServerUnreachable: Nothing answers there.
            NotSignedIn: The token is not accepted.
            UsageRefused: It is no address.
        """
        if not url.lower().startswith(("http://", "https://")):
            said = f"'{url}' is not the address of a credit server; that starts with http:// or https://."
            raise UsageRefused(said, action="studio.connect('http://127.0.0.1:8888/studio', token)")
        with self.session.connecting(Endpoint(url, token, "set by studio.connect")):
            return self.whoami()

    def disconnect(self) -> None:
        """Forget the connection; the next call finds a server anew."""
        self.session.disconnect()

    def balance(self) -> Balance:
        """What can be spent now."""
        with self.session.server() as client:
            return client.balance()

    def tools(self, words: str = "") -> Catalogue:
        """The catalogue; without a server, the installed tools that run in this kernel."""
        from studio_magics.runners.finding import local_catalogue

        try:
            with self.session.server() as client:
                return client.tools(words)
        except ServerUnreachable:
            return local_catalogue(words)

    def tool(self, name: str) -> ToolPage:
        """One tool: inputs, price, limits, an example."""
        from studio_magics.runners.finding import installed, local_page

        try:
            with self.session.server() as client:
                return client.tool(name)
        except StudioRefusal:
            local = installed(name)
            if local is not None:
                return local_page(local)
            self.find(name)
            raise

    def find(self, name: str) -> FoundTool:
        """The tool as far as this kernel knows it.

        Raises:
            Unknown: There is none; the closest names are given.
        """
        from studio_magics.runners.finding import find_tool

        with self.session.exchange():
            return find_tool(name, self.session.client)

    def estimate(
        self, name: str, /, *, max_credits: int | None = None, on: Place | None = None, **inputs: Any
    ) -> Estimate:
        """What a run would cost; sends no data, sets nothing aside, works without signing in."""
        from studio_magics.runners.choosing import choose_place, kernel_estimate

        found = self.find(name)
        place = choose_place(found, on)
        staged = self._staged(found, inputs, limited=place == "server")
        if place == "kernel" and found.tool is not None:
            return kernel_estimate(found, found.tool, staged)
        with self.session.exchange():
            return self.session.runner().estimate(found, staged, max_credits)

    @overload
    def run(
        self,
        name: str,
        /,
        *,
        max_credits: int | None = None,
        on: Place | None = None,
        quiet: bool = False,
        fresh: bool = False,
        detach: Literal[False] = False,
        **inputs: Any,
    ) -> StudioRun: ...

    @overload
    def run(
        self,
        name: str,
        /,
        *,
        max_credits: int | None = None,
        on: Place | None = None,
        quiet: bool = False,
        fresh: bool = False,
        detach: Literal[True],
        **inputs: Any,
    ) -> DetachedRun: ...

    def run(
        self,
        name: str,
        /,
        *,
        max_credits: int | None = None,
        on: Place | None = None,
        quiet: bool = False,
        fresh: bool = False,
        detach: bool = False,
        **inputs: Any,
    ) -> StudioRun | DetachedRun:
        """Run the tool: in this kernel for 0 credits where it can, else metered on the server.

        Shows progress, then the receipt and the result, unless `quiet`. Where the server has the result of
        the same work stored, that is given for 0 credits, unless `fresh`. With `detach` the run is only
        started: what comes back has `.wait()`, `.cancel()` and `.result`, and the run goes on without this
        kernel.

        Raises:
            StudioRefusal: Refused, stopped or failed; the text says what was charged.
        """
        from studio_magics.runners.choosing import choose_place, refuse_detached
        from studio_magics.runners.outcome import stopped_before_start
        from studio_magics.runners.showing import shown

        found = self.find(name)
        place = choose_place(found, on)
        if detach:
            refuse_detached(found, place)
        try:
            staged = self._staged(found, inputs, limited=place == "server")
        except KeyboardInterrupt as stop:
            raise stopped_before_start(found.title) from stop
        progress = progress_for(found.title, quiet=quiet)
        if detach:
            return self._detached(found, staged, max_credits, progress, fresh=fresh)
        return shown(
            lambda: self._run(found, place, staged, max_credits, progress, fresh=fresh), progress, quiet=quiet
        )

    def wait(self, run_id: str, *, timeout: float | None = None, quiet: bool = False) -> StudioRun:
        """A run of the server when it is over, whoever started it; also after a kernel has been restarted.

        Shows progress, then the receipt and the result, unless `quiet`. Interrupting ends the waiting, not
        the run.

        Raises:
            StillRunning: `timeout` seconds have passed, or the person interrupted; the run goes on.
            RunFailed: It ended without a result; the text says what was charged.
            Unknown: There is no such run.
        """
        from studio_magics.runners.showing import shown

        run = self.run_info(run_id)
        progress = progress_for(run.tool_title, quiet=quiet)
        return shown(lambda: self.session.runner().wait(run, progress, timeout), progress, quiet=quiet)

    def runs(self, *, limit: int | None = None, before: str | None = None) -> RunList:
        """Runs, newest first."""
        with self.session.server() as client:
            return client.runs(limit=limit, before=before)

    def run_info(self, run_id: str) -> Run:
        """One run, whole."""
        _on_server(run_id)
        with self.session.server() as client:
            return client.run(run_id)

    def fetch_run(self, run_id: str) -> StudioRun:
        """A run of the server with its result and files, also one of another notebook."""
        return self.session.runner().fetched(self.run_info(run_id))

    def save_artefact(
        self, run_id: str, name: str, path: str | Path | None = None, *, force: bool = False
    ) -> Saved:
        """Save a file of a run of the server to the path, or under its own name here.

        Raises:
            Unknown: There is no such run or file, or its time is over.
            UsageRefused: A file is there already (`force` writes over it), or it cannot be written.
            ServerFault: It arrived damaged; nothing was written.
        """
        from studio_magics.display.saving import Saved

        file = self.fetch_run(run_id).artefact(name)
        target = file.save(path, force=force)
        return Saved(name, str(target), file.record.size_bytes, file.record.expires_at)

    def cancel(self, run_id: str) -> Run:
        """Stop a run; what it used so far is charged, the rest goes back."""
        _on_server(run_id)
        with self.session.server() as client:
            return client.cancel(run_id)

    def receipt(self, receipt_id: str | None = None) -> Receipt:
        """What a run did cost, and why; without an id, the latest one. Takes a run's id too.

        Raises:
            Unknown: There is no such receipt.
            UsageRefused: Nothing has been charged yet.
        """
        _on_server(receipt_id)
        with self.session.server() as client:
            wanted = receipt_id
            if wanted is None:
                charged = [run.receipt_id for run in client.runs(limit=20).runs if run.receipt_id]
                if not charged:
                    raise UsageRefused("There is no receipt yet.", action="%studio run NAME makes one")
                wanted = charged[0]
            elif wanted.startswith("run_"):
                wanted = client.run(wanted).receipt_id or wanted
            return client.receipt(wanted)

    def statement(self, *, limit: int | None = None, before: int | None = None) -> Statement:
        """Ledger lines of the wallet, newest first."""
        with self.session.server() as client:
            return client.statement(limit=limit, before=before)

    def secrets(self) -> SecretList:
        """The names of the secrets that the server keeps for you; values are never shown."""
        with self.session.server() as client:
            return client.secrets()

    def set_secret(self, name: str, value: str | None = None) -> SecretList:
        """Let the server keep a value that inputs then name as `secret:NAME`; asked for unseen when left out.

        Raises:
            InputRefused: The name or the value cannot be taken.
            UsageRefused: Nobody is there to be asked.
        """
        from studio_magics.runners.asking import unseen

        said = unseen(f"Value of secret:{name} (it is not shown)") if value is None else value
        with self.session.server() as client:
            client.put_secret(name, said)
            return client.secrets()

    def delete_secret(self, name: str) -> SecretList:
        """Let the server forget a secret.

        Raises:
            Unknown: There is none of this name.
        """
        with self.session.server() as client:
            client.delete_secret(name)
            return client.secrets()

    def notices(self, *, limit: int | None = None, read: bool = False) -> NoticeList:
        """What you should know, newest first; with `read` the unread ones among them count as read."""
        with self.session.server() as client:
            found = client.notices(limit=limit)
            for notice in found.notices:
                if read and notice.read_at is None:
                    client.read_notice(notice.id)
            return client.notices(limit=limit) if read else found

    def limits(
        self,
        *,
        daily: Limit | None = None,
        monthly: Limit | None = None,
        per_run: Limit | None = None,
        alerts: tuple[int, ...] | None = None,
    ) -> SpendControls:
        """The limits in force; with arguments, set them first. 'plan' or 'none' goes back to the plan's."""
        from studio_magics.runners.choosing import limits_change

        change = limits_change(daily=daily, monthly=monthly, per_run=per_run, alerts=alerts)
        with self.session.server() as client:
            return client.spend_controls() if change is None else client.change_spend_controls(change)

    def whoami(self) -> Account:
        """Who the server takes the caller for."""
        with self.session.server() as client:
            return client.account()

    def export(self, path: str | Path | None = None, *, force: bool = False) -> Exported:
        """Save everything the server holds about the caller as a zip file; without a path, named by the date.

        Raises:
            UsageRefused: The file is there already (`force` writes over it) or cannot be written.
            ServerFault: What came is no whole archive; nothing was written.
        """
        from studio_magics.runners.leaving import export

        with self.session.server() as client:
            return export(client, path, force=force)

    def doctor(self) -> Diagnosis:
        """Look at everything that must work; never shows a token."""
        from studio_magics.runners.doctor import diagnose

        return diagnose(self.session)

    def _staged(self, found: FoundTool, inputs: dict[str, Any], *, limited: bool) -> Staged:
        from studio_magics.runners.staging import Stager
        from studio_magics.runners.validation import refuse_unknown

        refuse_unknown(found.title, found.fields, inputs)
        return Stager(found.title, found.fields, limited=limited).stage(inputs)

    def _run(
        self,
        found: FoundTool,
        place: Place,
        staged: Staged,
        max_credits: int | None,
        progress: Progress,
        *,
        fresh: bool,
    ) -> StudioRun:
        if place == "kernel" and found.tool is not None:
            from studio_magics.runners.local import run_here

            return run_here(found, found.tool, staged, progress)
        with self.session.exchange():
            return self.session.runner().run(found, staged, max_credits, progress, fresh=fresh)

    def _detached(
        self, found: FoundTool, staged: Staged, max_credits: int | None, progress: Progress, *, fresh: bool
    ) -> DetachedRun:
        from studio_magics.runners.detached import DetachedRun

        try:
            with self.session.exchange():
                run = self.session.runner().start(found, staged, max_credits, progress, fresh=fresh)
        finally:
            progress.finish(None)
        return DetachedRun(run, self)


def _on_server(identifier: object) -> None:
    """Refuse the number of a run in a kernel: the server knows nothing of it."""
    if isinstance(identifier, str) and identifier.startswith("kernel_"):
        said = f"{identifier} ran in a kernel for 0 credits; the server keeps no record of it."
        raise UsageRefused(said, action="%studio runs lists the runs on the server")
