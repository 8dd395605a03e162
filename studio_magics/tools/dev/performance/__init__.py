"""Performance Profiler: where a Python script spends time and memory, and what a server it starts can bear.

Owns the processes that a script runs in, what is measured there, and how it is told. The script runs in a
process of its own inside the sandbox of a server run, never in the tool's; its only network is the run's.
"""

from studio_magics.tools.dev.performance.tool import TOOL

__all__ = ["TOOL"]
