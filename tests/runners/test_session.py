import pytest

from studio_magics.client.refusals import NotSignedIn, ServerUnreachable, UsageRefused


@pytest.mark.parametrize(
    ("url", "token", "refusal"),
    [
        ("http://127.0.0.1:9", "any", ServerUnreachable),
        ("localhost", "any", UsageRefused),
        (None, "a token nobody made", NotSignedIn),
    ],
)
def test_connecting_to_a_server_that_refuses_keeps_the_connection_from_before(
    studio, fake, url, token, refusal
) -> None:
    with pytest.raises(refusal):
        studio.connect(url or fake.url, token)
    assert studio.balance().user == "ada"
