"""A page in a browser as a test uses it: it signs in, goes to views, and remembers every error."""

from pathlib import Path
from typing import Any

LIMIT_MS = 20_000
PICTURES = Path(__file__).resolve().parents[2] / "build" / "page"

# Answers that views expect: there is no webhook, no log yet.
EXPECTED = ("/me/webhook", "/log")

NOTE_VIOLATIONS = (
    "addEventListener('securitypolicyviolation', e => console.error(`CSP ${e.violatedDirective} ${e.blockedURI}`))"
)


class WatchedPage:
    """A page of avio. `errors` has what the console, scripts and the policy of the page complained of."""

    def __init__(self, context: Any, url: str) -> None:
        self.context = context
        self.url = url.rstrip("/") + "/"
        self.errors: list[str] = []
        self.tab = context.new_page()
        self.tab.set_default_timeout(LIMIT_MS)
        self.tab.add_init_script(NOTE_VIOLATIONS)
        self.tab.on("console", self._note)
        self.tab.on("pageerror", lambda error: self.errors.append(str(error)))

    def _note(self, message: Any) -> None:
        if message.type != "error":
            return
        if "Failed to load resource" in message.text and message.location.get("url", "").endswith(EXPECTED):
            return
        self.errors.append(f"{message.text} {message.location.get('url', '')}")

    def sign_in(self, name: str, password: str, view: str = "jobs") -> None:
        """Open a view, and sign in there."""
        self.tab.goto(f"{self.url}#/{view}")
        self.tab.get_by_label("Name").fill(name)
        self.tab.get_by_label("Password").fill(password)
        self.tab.get_by_role("button", name="Sign in").click()
        self.tab.wait_for_selector("header nav")

    def show(self, view: str) -> Any:
        """Go to a view by its address, wait until it has loaded, and return its main part."""
        self.tab.goto(f"{self.url}#/{view}")
        main = self.tab.locator("main")
        main.wait_for()
        main.get_by_text("Loading…").first.wait_for(state="hidden")
        return main

    def keep_picture(self, name: str) -> None:
        """Keep a picture of the page in build/page."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        file = "".join(letter if letter.isalnum() or letter == "-" else "_" for letter in name)[:80]
        self.tab.screenshot(path=PICTURES / f"{file}.png")

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Call the API with the token of the page; a text is sent as it is."""
        token = self.tab.evaluate("JSON.parse(sessionStorage.getItem('avio.session')).authToken")
        headers = {"Authorization": f"QBox {token}"}
        if isinstance(body, str):
            headers["Content-Type"] = "text/plain"
        response = self.context.request.fetch(f"{self.url}{path}", method=method, headers=headers, data=body)
        assert response.ok, response.text()
        return response.json()
