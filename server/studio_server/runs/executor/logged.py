"""Lets whoever follows a run read what its tool logs, inside the worker."""

import logging

from studio_magics.tools.base import Tool
from studio_server.runs.executor.context import WorkerContext


class LinesForTheUser(logging.Handler):
    """Passes every record on as one line of text; whoever shows it cleans it."""

    def __init__(self, context: WorkerContext) -> None:
        super().__init__(logging.INFO)
        self._context = context

    def emit(self, record: logging.LogRecord) -> None:
        """Say the message; a record that cannot be formatted is the tool's mistake and goes to the log."""
        try:
            self._context.log(record.getMessage())
        except (TypeError, ValueError):
            self.handleError(record)


def show_what_is_logged(tool: Tool, context: WorkerContext) -> None:
    """Show what the tool's own package logs from INFO on; what libraries log stays with the operator."""
    module = getattr(tool.run, "__module__", "") or type(tool.run).__module__
    logger = logging.getLogger(module.partition(".")[0])
    logger.setLevel(min(logging.INFO, logger.level or logging.INFO))
    logger.addHandler(LinesForTheUser(context))
