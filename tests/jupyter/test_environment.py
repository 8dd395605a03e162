"""The address kernels are told."""

import pytest
from studio_server.jupyter.environment import KernelEnvironment, kernel_url


@pytest.mark.parametrize(
    ("connection_url", "bound_to", "told"),
    [
        ("http://localhost:8888/", "localhost", "http://localhost:8888/studio"),
        ("http://127.0.0.1:8889/user/alice/", "127.0.0.1", "http://127.0.0.1:8889/user/alice/studio"),
        ("https://some-host:8888/a%40b/", "0.0.0.0", "https://127.0.0.1:8888/a%40b/studio"),  # noqa: S104  - not bound
        ("http://some-host:8888/", "::", "http://[::1]:8888/studio"),
        ("http://10.0.0.5:8888/", "10.0.0.5", "http://10.0.0.5:8888/studio"),
    ],
)
def test_kernels_get_an_address_that_resolves_on_this_machine(connection_url: str, bound_to: str, told: str):
    assert kernel_url(connection_url, bound_to=bound_to) == told


def test_publishing_twice_still_gives_back_what_was_there_first():
    environ = {"STUDIO_URL": "before"}
    variables = KernelEnvironment(environ)
    for url, token in (("one", "1"), ("two", "2")):
        variables.publish(url=url, token=token)
    assert environ == {"STUDIO_URL": "two", "STUDIO_TOKEN": "2"}
    variables.withdraw()
    assert environ == {"STUDIO_URL": "before"}


def test_withdrawing_before_publishing_changes_nothing():
    environ = {"STUDIO_URL": "mine"}
    KernelEnvironment(environ).withdraw()
    assert environ == {"STUDIO_URL": "mine"}
