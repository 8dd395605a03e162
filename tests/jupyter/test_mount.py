"""Who gets through Jupyter to the app, as whom, and who does not. Every test goes over a real socket."""

import itertools
from typing import Any

import pytest
from jupyter_server.auth import Authorizer
from jupyter_server.auth.identity import IdentityProvider, User
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route


class Studio:
    """An app that counts what reaches it and says who it believes is asking."""

    def __init__(self) -> None:
        self.reached: list[str] = []

    def __call__(self, _settings: Any) -> Starlette:
        verbs = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        return Starlette(
            routes=[
                Route("/", self.page, methods=["GET"]),
                Route("/whoami", self.whoami, methods=verbs),
            ]
        )

    async def whoami(self, request: Request) -> Response:
        self.reached.append(request.method)
        who = request.state.identity
        headers = sorted(name for name in request.headers if name.startswith(("x-", "cookie", "auth")))
        return JSONResponse({"who": [who.issuer, who.subject, who.display_name, who.via], "headers": headers})

    async def page(self, request: Request) -> Response:
        self.reached.append(request.method)
        return HTMLResponse("<title>Studio</title>")


@pytest.fixture
def studio() -> Studio:
    return Studio()


@pytest.mark.parametrize("anyone", [True, False])
async def test_a_machine_without_login_gets_403_for_every_verb_and_the_app_hears_nothing(
    serve: Any, studio: Studio, anyone: bool
):
    mounted = await serve(studio, server={"allow_unauthenticated_access": anyone})
    for verb in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"):
        response = await mounted.anonymous.request(verb, f"{mounted.url}/whoami")
        assert response.status_code == 403, verb
        assert response.headers["content-type"] == "application/problem+json"
        assert verb == "HEAD" or response.json()["code"] == "not_signed_in"
    assert studio.reached == []


async def test_a_wrong_token_is_refused(serve: Any, studio: Studio):
    mounted = await serve(studio)
    right = mounted.by_kernel.headers["Authorization"].removeprefix("token ")
    wrong = ("nonsense", right[:-1], right + "x", right + " x", right.swapcase(), "é")
    for scheme, token, verb in itertools.product(("token", "Bearer"), wrong, ("GET", "POST")):
        headers = {"Authorization": f"{scheme} {token}".encode()}
        url = f"{mounted.url}/whoami"
        response = await mounted.anonymous.request(verb, url, headers=headers, content=b"{}")
        assert (response.status_code, response.json()["code"]) == (403, "not_signed_in"), (
            scheme,
            token,
            verb,
        )
    assert studio.reached == []


async def test_a_refused_client_hears_the_refusal_after_sending_a_large_body(serve: Any, studio: Studio):
    mounted = await serve(studio)
    response = await mounted.anonymous.post(f"{mounted.url}/whoami", content=b"x" * 3_000_000)
    assert (response.status_code, response.json()["code"]) == (403, "not_signed_in")


async def test_a_person_without_login_is_sent_to_the_login_page_and_back(serve: Any, studio: Studio):
    mounted = await serve(studio)
    response = await mounted.anonymous.get(f"{mounted.url}/?a=1", headers={"Accept": "text/html"})
    assert response.status_code == 302
    assert response.headers["location"] == "/a%40b/login?next=%2Fa%2540b%2Fstudio%2F%3Fa%3D1"
    assert studio.reached == []


async def test_the_kernel_token_opens_the_mount_without_xsrf(serve: Any, studio: Studio):
    mounted = await serve(studio, owner="ada")
    secret = mounted.by_kernel.headers["Authorization"].removeprefix("token ")
    for scheme, verb in itertools.product(("token", "bearer", "Bearer"), ("GET", "POST", "PUT", "DELETE")):
        headers = {"Authorization": f"{scheme} {secret}"}
        response = await mounted.anonymous.request(verb, f"{mounted.url}/whoami", headers=headers)
        assert response.json()["who"] == ["local", "ada", "ada", "kernel_token"]


async def test_the_kernel_token_opens_nothing_else_of_jupyter(serve: Any, studio: Studio):
    mounted = await serve(studio)
    for path in ("api/contents", "api/kernels", "api/sessions", "api/me"):
        assert (await mounted.by_kernel.get(mounted.root + path)).status_code == 403, path
        assert (await mounted.by_token.get(mounted.root + path)).status_code == 200, path
    assert (await mounted.by_kernel.get(f"{mounted.root}studio-else")).status_code in {403, 404}
    assert studio.reached == []


async def test_the_kernel_token_does_not_work_as_a_parameter_where_logs_would_keep_it(
    serve: Any, studio: Studio
):
    mounted = await serve(studio)
    secret = mounted.by_kernel.headers["Authorization"].removeprefix("token ")
    assert (await mounted.anonymous.get(f"{mounted.url}/whoami?token={secret}")).status_code == 403


async def test_a_cookie_without_xsrf_may_read_and_may_not_write(serve: Any, studio: Studio):
    mounted = await serve(studio)
    assert (await mounted.by_cookie.get(f"{mounted.url}/whoami")).status_code == 200
    for verb in ("POST", "PUT", "PATCH", "DELETE"):
        response = await mounted.by_cookie.request(verb, f"{mounted.url}/whoami")
        assert (response.status_code, response.json()["code"]) == (403, "jupyter_403")
    assert studio.reached == ["GET"]


async def test_a_cookie_with_xsrf_may_write(serve: Any, studio: Studio):
    mounted = await serve(studio)
    await mounted.by_cookie.get(f"{mounted.url}/", headers={"Accept": "text/html"})
    xsrf = {"X-XSRFToken": mounted.by_cookie.cookies["_xsrf"]}
    assert (await mounted.by_cookie.post(f"{mounted.url}/whoami", headers=xsrf)).status_code == 200


async def test_a_page_from_elsewhere_is_refused_even_with_cookie_and_xsrf(serve: Any, studio: Studio):
    mounted = await serve(studio)
    await mounted.by_cookie.get(f"{mounted.url}/", headers={"Accept": "text/html"})
    studio.reached.clear()
    elsewhere = ("http://evil.example", "http://127.0.0.1:1", "null")
    for origin, verb in itertools.product(elsewhere, ("GET", "POST", "DELETE")):
        headers = {"X-XSRFToken": mounted.by_cookie.cookies["_xsrf"], "Origin": origin}
        url = f"{mounted.url}/whoami"
        response = await mounted.by_cookie.request(verb, url, headers=headers, content=b"{}")
        assert response.status_code == 404, (origin, verb)
    assert studio.reached == []


async def test_a_foreign_host_name_is_refused_also_with_the_kernel_token(serve: Any, studio: Studio):
    mounted = await serve(studio)
    for client in (mounted.by_kernel, mounted.by_token, mounted.by_cookie):
        response = await client.get(f"{mounted.url}/whoami", headers={"Host": "rebound.example"})
        assert response.status_code == 403
    assert studio.reached == []


async def test_a_page_opened_with_a_token_on_a_fresh_profile_can_post_afterwards(serve: Any, studio: Studio):
    mounted = await serve(studio)
    token = mounted.app.identity_provider.token
    page = await mounted.anonymous.get(f"{mounted.url}/?token={token}", headers={"Accept": "text/html"})
    assert page.status_code == 200
    xsrf = {"X-XSRFToken": mounted.anonymous.cookies["_xsrf"]}
    assert (await mounted.anonymous.post(f"{mounted.url}/whoami", headers=xsrf)).status_code == 200


async def test_the_mount_without_its_slash_leads_to_the_mount(serve: Any, studio: Studio):
    mounted = await serve(studio)
    response = await mounted.by_cookie.get(f"{mounted.url}?a=%20b")
    assert (response.status_code, response.headers["location"]) == (302, "/a%40b/studio/?a=%20b")


async def test_forged_identity_headers_and_jupyters_credentials_never_reach_the_app(
    serve: Any, studio: Studio
):
    mounted = await serve(studio, owner="ada")
    forged = {"X-Studio-User": "mallory", "X-Studio-Identity": "mallory", "X-Remote-User": "mallory"}
    for client in (mounted.by_kernel, mounted.by_token, mounted.by_cookie):
        answer = (await client.get(f"{mounted.url}/whoami", headers=forged)).json()
        assert answer["who"][:2] == ["local", "ada"]
        assert answer["headers"] == ["x-remote-user"]


async def test_the_random_users_of_the_stock_provider_are_one_owner(serve: Any, studio: Studio):
    mounted = await serve(studio, owner="ada")
    names, accounts = set(), []
    for _ in range(2):
        mounted.by_token.cookies.clear()
        accounts.append((await mounted.by_token.get(f"{mounted.url}/whoami")).json()["who"])
        mounted.by_token.cookies.clear()
        me = await mounted.by_token.get(f"{mounted.root}api/me")
        names.add(me.json()["identity"]["username"])
    assert len(names) == 2
    assert accounts == [["local", "ada", "ada", "jupyter"]] * 2


class Directory(IdentityProvider):
    """An operator's provider: a header names the user."""

    def get_user(self, handler: Any) -> User | None:
        name = handler.request.headers.get("X-Remote-User")
        return User(name, display_name=name.title()) if name else None


class OfHub(Directory):
    """As JupyterHub's provider looks from outside."""

    __module__ = "jupyterhub.singleuser.extension"


@pytest.mark.parametrize(("provider", "issuer"), [(Directory, "jupyter"), (OfHub, "jupyterhub")])
async def test_another_provider_names_its_users_itself(
    serve: Any, studio: Studio, provider: type, issuer: str
):
    mounted = await serve(studio, provider=provider, owner="ada", login=False)
    for name in ("grace", "alan"):
        response = await mounted.anonymous.get(f"{mounted.url}/whoami", headers={"X-Remote-User": name})
        assert response.json()["who"] == [issuer, name, name.title(), "jupyter"]
    kernel = await mounted.by_kernel.get(f"{mounted.url}/whoami")
    assert kernel.json()["who"] == [issuer, "ada", "ada", "kernel_token"]


class ReadOnly(Authorizer):
    """Everybody may look, nobody may spend."""

    def is_authorized(self, _handler: Any, _user: User, action: str, resource: str) -> bool:
        return resource != "studio" or action == "read"


async def test_jupyters_authorizer_decides_who_may_write(serve: Any, studio: Studio):
    mounted = await serve(studio, server={"authorizer_class": ReadOnly})
    assert (await mounted.by_token.get(f"{mounted.url}/whoami")).status_code == 200
    refused = await mounted.by_token.post(f"{mounted.url}/whoami")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert studio.reached == ["GET"]


async def test_a_body_above_the_configured_limit_is_a_problem_that_names_the_limit(
    serve: Any, studio: Studio
):
    mounted = await serve(studio, body_limit_bytes=1000)
    response = await mounted.by_kernel.post(f"{mounted.url}/whoami", content=b"x" * 1001)
    assert response.status_code == 413
    problem = response.json()
    assert problem["code"] == "request_too_large"
    assert "1000" in problem["error"]
    assert (await mounted.by_kernel.post(f"{mounted.url}/whoami", content=b"x" * 1000)).status_code == 200


async def test_a_failing_app_is_a_problem_for_machines_and_jupyter_lives_on(serve: Any):
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await Starlette()(scope, receive, send)
            return
        raise ZeroDivisionError("secret")

    mounted = await serve(lambda _settings: broken)
    response = await mounted.by_kernel.get(f"{mounted.url}/")
    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    page = await mounted.by_cookie.get(f"{mounted.url}/", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (500, "text/html")
    assert "secret" not in response.text + page.text
    assert (await mounted.by_token.get(f"{mounted.root}api/status")).status_code == 200
