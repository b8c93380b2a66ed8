"""Real Chromium over a page, at both widths and in both schemes, and whatever is wrong with it.

    def test_the_inbox(visit, alice):
        page = visit("/w/acme/inbox/", as_user=alice)       # fails with every fault it finds
        page.get_by_label("Message").fill("Hello")
        page.get_by_role("button", name="Send").click()
        visit.check(page, "sent")                           # the same look at what the page is now

A fault is: an axe violation (WCAG 2.2 AA and best practice), a console error, an uncaught
exception, a
failed request, a refusal of the content security policy, or sideways scroll. SHOTS=1 keeps pictures
in var/shots.
"""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright

from portal.run.chromium import find, missing
from profiles.tests.people import sign_in

ROOT = Path(__file__).resolve().parent.parent
AXE = (ROOT / "tests/vendor/axe-core-4.14.1/axe.min.js").read_text()
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (1440, 390)
HEIGHTS = {1440: 900, 390: 844}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SHOTS = ROOT / "var/shots"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NOTE_REFUSALS = """
    window.refusals = [];
    addEventListener("securitypolicyviolation", (e) =>
        refusals.push(`${e.effectiveDirective} refused ${e.blockedURI} ${e.sample}`));
"""
# Chromium takes on an emulated scheme some frames after it was told to; a probe shows when. Then
# whatever moves between the old look and the new one has to arrive.
SETTLED = """async (scheme) => {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.colorScheme = "light dark";  // whatever the page itself declares
    probe.style.color = "light-dark(rgb(1, 1, 1), rgb(2, 2, 2))";
    const wanted = scheme === "dark" ? "rgb(2, 2, 2)" : "rgb(1, 1, 1)";
    for (let n = 0; n < 60 && getComputedStyle(probe).color !== wanted; n++) {
        await new Promise(requestAnimationFrame);
    }
    probe.remove();
    for (let n = 0; n < 2; n++) await new Promise(requestAnimationFrame);
    const moving = document.getAnimations().filter((a) => a.effect.getTiming().iterations === 1);
    await Promise.allSettled(moving.map((a) => a.finished));
}"""
RULES_OF_COLOUR = ["color-contrast", "link-in-text-block"]
# A page's stream, where no event server runs: it says hello once and then waits.
HELLO = "retry: 3600000\nevent: hello\ndata: \n\n"

# Django's ORM refuses to run in a thread with an event loop, and Playwright keeps one in ours.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests. Without one they are skipped; with CI=true that is a failure."""
    if reason := missing():
        say = pytest.fail if os.getenv("CI") == "true" else pytest.skip
        say(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find(), args=FLAGS, env={**os.environ, "LANGUAGE": "en"}
        )
        yield browser
        browser.close()


class Faults(list[str]):
    """What is wrong with a page so far."""

    def __init__(self, page: Page, status: int):
        super().__init__()
        self.page, self.status = page, status
        page.on("console", self.on_console)
        page.on("pageerror", lambda error: self.append(f"uncaught: {error}"))
        page.on("requestfailed", self.on_failed)

    def on_console(self, message) -> None:
        # A page visited for its error says so in the console too.
        expected = self.status >= 400 and message.location.get("url") == self.page.url
        if message.type == "error" and not expected:
            self.append(f"console: {message.text} {message.location.get('url', '')}")

    def on_failed(self, request) -> None:
        # What is under way when one leaves a page is given up; that is no fault.
        if request.failure != "net::ERR_ABORTED":
            self.append(f"request: {request.url} {request.failure}")


class Visitor:
    """Someone with a browser who looks at everything twice."""

    def __init__(self, browser: Browser, address: str, *, stream: bool = False):
        self.browser, self.address, self.stream = browser, address, stream
        self.contexts: list[BrowserContext] = []
        self.faults: dict[Page, Faults] = {}

    def open(
        self,
        path: str,
        *,
        as_user=None,
        cookies: dict[str, str] | None = None,
        status: int = 200,
        width: int = 1440,
        scheme: Literal["light", "dark"] = "light",
        javascript: bool = True,
        worker: bool = False,
    ) -> Page:
        """A watched page, for tests that click. Its faults are told by check() and at the end.

        Args:
            as_user: who is signed in, second factor included; or nobody.
            cookies: more of them by name, such as a person's session.
            status: the answer that is expected.
            worker: whether the people's service worker may be installed.
        """
        context = self.browser.new_context(
            viewport={"width": width, "height": HEIGHTS.get(width, 900)},
            color_scheme=scheme,
            reduced_motion="reduce",
            locale="en-GB",
            java_script_enabled=javascript,
            service_workers="allow" if worker else "block",
        )
        context.set_default_timeout(15_000)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.contexts.append(context)
        jar = dict(cookies or {})
        if as_user is not None:
            jar[django_settings.SESSION_COOKIE_NAME] = session_of(as_user)
        context.add_cookies(
            [{"name": name, "value": value, "url": self.address} for name, value in jar.items()]
        )
        context.add_init_script(NOTE_REFUSALS)
        if not self.stream:
            context.route(
                re.compile(r"/events/\?"),
                lambda route: route.fulfill(content_type="text/event-stream", body=HELLO),
            )
        page = context.new_page()
        self.faults[page] = Faults(page, status)
        self.goto(page, path, status=status)
        return page

    def goto(
        self, page: Page, path: str, *, status: int = 200, fetches: bool = True
    ) -> Response | None:
        """Open another address.

        Args:
            fetches: whether the page goes on to fetch parts of itself once it is loaded; if so,
                wait until the network has been silent for half a second.
        """
        self.faults[page].status = status
        response = page.goto(self.address + path)
        if fetches:
            page.wait_for_load_state("networkidle")
        if response and response.status != status:
            self.faults[page].append(f"answer: {response.status} instead of {status} for {path}")
        return response

    def __call__(self, path: str, *, as_user=None, name: str = "", **options) -> Page:
        """Open the page, check it at every width and in every scheme, and leave it open at 1440,
        light.
        """
        page = self.open(path, as_user=as_user, **options)
        self.check(page, name or path)
        return page

    def glance(self, page: Page, path: str) -> None:
        """Go on to one of many pages of the same make, and check it wide and light, narrow and
        dark.
        """
        self.goto(page, path, fetches=False)
        self.check(page, path, widths=[1440], schemes=("light",))
        self.check(page, path, widths=[390], schemes=("dark",))

    def check(
        self,
        page: Page,
        name: str,
        *,
        widths: Sequence[int] = WIDTHS,
        schemes: tuple[Literal["light", "dark"], ...] = SCHEMES,
        allowed: Sequence[str] = (),
    ) -> None:
        """Fail with every fault of the page as it stands now.

        Args:
            name: what the pictures are called and the faults are told under.
            widths, schemes: those to look at; the page is brought back to what it was.
            allowed: rules of axe that a page of somebody else's may break; say why beside it.
        """
        page.wait_for_load_state()  # a link may just have been clicked
        before = page.viewport_size
        for width in widths:
            page.set_viewport_size({"width": width, "height": HEIGHTS.get(width, 900)})
            for scheme in schemes:
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                page.evaluate(SETTLED, scheme)
                where = f"at {width}, {scheme}"
                # All but the colours is the same in every scheme.
                found = axe_faults(page, allowed, colours=scheme != schemes[0])
                self.faults[page] += [f"{fault} ({where})" for fault in found]
                if os.getenv("SHOTS"):
                    keep_picture(page, f"{name}-{width}-{scheme}")
            if wide := sideways(page):
                self.faults[page].append(f"sideways scroll: {wide} (at {width})")
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        if before:
            page.set_viewport_size(before)
        self.faults[page] += [f"policy: {refusal}" for refusal in page.evaluate("window.refusals")]
        self.tell(page, name)

    def tell(self, page: Page, name: str) -> None:
        faults = list(dict.fromkeys(self.faults[page]))
        self.faults[page].clear()
        if faults:
            pytest.fail(
                f"{name} has {len(faults)} faults:\n  " + "\n  ".join(faults), pytrace=False
            )

    def close(self) -> None:
        """Close all, and tell what was noticed after the last check."""
        left = [fault for faults in self.faults.values() for fault in faults]
        for context in self.contexts:
            context.close()
        if left:
            pytest.fail("Faults:\n  " + "\n  ".join(dict.fromkeys(left)), pytrace=False)


def session_of(user) -> str:
    """The cookie of a session in which this user signed in, second factor included."""
    return sign_in(Client(), user).cookies[django_settings.SESSION_COOKIE_NAME].value


def axe_faults(page: Page, allowed: Sequence[str] = (), *, colours: bool = False) -> list[str]:
    """What axe-core says about the page, one line for each rule with its first places.

    Args:
        colours: whether only the rules that depend on colours are asked.
    """
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(AXE)
    tags, rules = {"type": "tag", "values": AXE_TAGS}, {"type": "rule", "values": RULES_OF_COLOUR}
    violations = page.evaluate(
        # Only violations are told with their places; finding those of what passed takes long.
        """only => axe.run({runOnly: only, resultTypes: ['violations']}).then(r => r.violations)""",
        rules if colours else tags,
    )
    return [
        f"axe {each['id']} ({each['impact']}): {each['help']}: "
        + "; ".join(_place(node) for node in each["nodes"][:3])
        for each in violations
        if each["id"] not in allowed
    ]


def _place(node: dict) -> str:
    why = (node.get("failureSummary") or "").split("\n")
    return f"{' '.join(map(str, node['target']))} [{why[1].strip() if len(why) > 1 else ''}]"


def sideways(page: Page) -> str:
    """What sticks out to the side, or nothing."""
    return page.evaluate(
        """() => {
            const root = document.scrollingElement, width = root.clientWidth;
            if (root.scrollWidth <= width) return "";
            const out = [...document.body.querySelectorAll("*")].filter((e) => {
                const box = e.getBoundingClientRect();
                return box.width && (box.right > width + 1 || box.left < -1);
            });
            const name = (e) => e.tagName.toLowerCase() + [...e.classList].map((c) => "." +
            c).join("");
            return `${root.scrollWidth} > ${width}: ${out.slice(0, 4).map(name).join(", ")}`;
        }"""
    )


def keep_picture(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    file = re.sub(r"[^\w-]+", "_", name).strip("_") or "start"
    page.screenshot(path=SHOTS / f"{file}.png", full_page=True)


@pytest.fixture
def visit(chromium: Browser, live_server) -> Iterator[Visitor]:
    """A visitor to Django's own test server, with the test's database and the static files as they
    lie.
    """
    visitor = Visitor(chromium, live_server.url)
    yield visitor
    visitor.close()
