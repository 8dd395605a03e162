"""What a page must never do: fail, complain, or ask anybody but the server it came from."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebError, WebSocket

WITHOUT_HOST = {"data", "blob", "about"}
REFUSED = 400


@dataclass
class Watch:
    """Records every offence of the pages of one context."""

    home: str
    """Address of the server: host and port."""
    offences: list[str] = field(default_factory=list)
    requests: int = 0

    def over(self, context: BrowserContext) -> None:
        """Watch this context from now on."""
        context.on("request", self._on_request)
        context.on("response", self._on_response)
        context.on("console", self._on_console)
        context.on("weberror", self._on_web_error)
        context.on("page", self._on_page)

    def _on_page(self, page: Page) -> None:
        page.on("websocket", self._on_web_socket)

    def _on_request(self, request: Request) -> None:
        self.requests += 1
        self._ask(request.url)

    def _on_web_socket(self, socket: WebSocket) -> None:
        self._ask(socket.url)

    def _ask(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in WITHOUT_HOST and parts.netloc != self.home:
            self.offences.append(f"asked another host: {url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= REFUSED:
            asked = f"{response.request.method} {urlsplit(response.url).path}"
            self.offences.append(f"refused with {response.status}: {asked}")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.offences.append(f"console: {message.text}")

    def _on_web_error(self, error: WebError) -> None:
        self.offences.append(f"page error: {error.error}")
