"""Which executor a server uses: its own machine, or the workers of a Dask cluster."""

from studio_server.runs.executor.cluster.connection import is_installed
from studio_server.runs.executor.cluster.executor import NOT_INSTALLED, DaskExecutor
from studio_server.runs.executor.local import LocalExecutor, all_but_one
from studio_server.runs.executor.protocol import Executor, ExecutorUnsupported
from studio_server.settings import Settings

EXECUTORS = ("local", "dask")


def executor_for(settings: Settings) -> Executor:
    """The executor that the operator has chosen; nothing runs yet.

    Raises:
        ExecutorUnsupported: There is no such executor, or it lacks an address or a package.
    """
    refuse_impossible(settings)
    if settings.executor == "dask":
        return DaskExecutor(settings.dask_address, shared_folders=settings.dask_shared_folders)
    return LocalExecutor(
        capacity=settings.workers,
        processors=settings.run_processors or all_but_one(),
        idle_bytes=settings.idle_workers_bytes,
        control_group=settings.control_group,
        reviewed=settings.reviewed_tools,
    )


def refuse_impossible(settings: Settings) -> None:
    """Look at the choice alone, before anything is opened.

    Raises:
        ExecutorUnsupported: There is no such executor, or it lacks an address or a package.
    """
    if settings.executor not in EXECUTORS:
        known = " and ".join(EXECUTORS)
        raise ExecutorUnsupported(f"STUDIO_EXECUTOR is '{settings.executor}'; there are {known}")
    if settings.executor == "dask" and not settings.dask_address:
        raise ExecutorUnsupported("STUDIO_EXECUTOR=dask needs STUDIO_DASK_ADDRESS, such as tls://host:8786")
    if settings.executor == "dask" and not is_installed():
        raise ExecutorUnsupported(NOT_INSTALLED)


def described(settings: Settings) -> str:
    """Where runs are carried out, in a few words."""
    if settings.executor == "dask":
        return f"the Dask cluster at {settings.dask_address}"
    return f"this machine, {settings.workers} at once"
