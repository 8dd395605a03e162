"""An isolated, deterministic server for people who test notebooks.

    from studio_magics.testing import isolated_server

    with isolated_server(credits=20) as server: ...

or, for pytest: `pytest --studio --nbval notebooks/`.
"""

from studio_magics.testing.server import TestServer, isolated_server, kernel_environment

__all__ = ["TestServer", "isolated_server", "kernel_environment"]
