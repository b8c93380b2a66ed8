"""What static/js/app.js does in the browser, on a page made for it."""

import json

import pytest
from playwright.sync_api import expect

FRAME = """<!doctype html><html lang="en" data-copied="Copied" data-failed="Not sent"><head>
<title>Made for the test</title>
<meta name="htmx-config" content='{"includeIndicatorStyles":false,"allowEval":false}'>
<link rel="icon" href="data:,">
<script src="/static/vendor/htmx-2.0.11/htmx.min.js" defer></script>
<script src="/static/js/app.js" type="module"></script></head><body><main>%s</main>
<div id="toasts" role="status"></div><template id="toast-made"><div class="toast"><span></span>
<button type="button" data-undo="#">Undo</button><button type="button" data-close>Close</button>
</div></template></body></html>"""


class Desk:
    """A page whose server is the test: it answers, and counts what was asked for."""

    def __init__(self, visit):
        self.visit = visit
        self.asked: list[str] = []
        self.answers: dict[str, dict] = {}
        self.page = visit.open("/healthz-not-asked", status=404)
        self.page.context.route("**/desk/**", self.answer)
        self.page.context.route("**/events/**", self.answer)

    def answer(self, route) -> None:
        path = route.request.url.split("/", 3)[3]
        self.asked.append(f"{route.request.method} {path}")
        route.fulfill(**self.answers.get(path, {"body": ""}))

    def show(self, body: str):
        self.answers["desk/"] = {"body": FRAME % body, "content_type": "text/html"}
        self.visit.goto(self.page, "/desk/")
        return self.page

    def stream(self, *events: str) -> None:
        """What each connection hears; then it ends, and the browser is told to wait an hour."""
        self.answers["events/?t=x"] = {
            "body": "retry: 3600000\n" + "".join(f"{event}\n\n" for event in events),
            "content_type": "text/event-stream",
        }

    def times(self, asked: str) -> int:
        return self.asked.count(asked)


@pytest.fixture
def desk(visit):
    return Desk(visit)


LIVE = """<div sse-connect="/events/?t=x">
<p id="one" hx-get="/desk/one" hx-trigger="sse:conversation" data-live-id="31">one</p>
<p id="two" hx-get="/desk/two" hx-trigger="sse:conversation" data-live-id="32">two</p></div>"""


def test_at_each_connection_everything_live_is_fetched_once(desk):
    desk.stream("event: hello\ndata:")
    page = desk.show(LIVE)
    page.wait_for_timeout(200)
    assert (desk.times("GET desk/one"), desk.times("GET desk/two")) == (1, 1)
    assert desk.times("GET events/?t=x") == 1


def test_an_event_is_for_those_with_its_id(desk):
    desk.stream("event: conversation\ndata: 31")
    page = desk.show(LIVE)
    page.wait_for_timeout(200)
    assert (desk.times("GET desk/one"), desk.times("GET desk/two")) == (1, 0)


def test_a_hidden_tab_has_no_stream_and_catches_up_when_it_is_looked_at(desk):
    desk.stream("event: hello\ndata:")
    page = desk.show(LIVE)
    turn = """value => {
        Object.defineProperty(document, 'hidden', {value, configurable: true});
        document.dispatchEvent(new Event('visibilitychange')); }"""
    page.evaluate(turn, True)
    page.evaluate(turn, True)
    page.evaluate(turn, False)
    page.wait_for_timeout(300)
    assert desk.times("GET events/?t=x") == 2
    assert desk.times("GET desk/one") == 2


def test_a_toast_offers_to_undo(desk):
    toast = {"toast": {"text": "Blocked.", "undo": "/desk/unblock"}}
    desk.answers["desk/block"] = {"headers": {"HX-Trigger": json.dumps(toast)}, "body": ""}
    page = desk.show('<button hx-post="/desk/block" hx-swap="none">Block</button>')
    page.get_by_role("button", name="Block").click()
    page.get_by_role("status").get_by_text("Blocked.").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.wait_for_timeout(200)
    assert desk.times("POST desk/unblock") == 1
    assert not page.get_by_text("Blocked.").is_visible()


def test_a_toast_lies_above_an_open_dialog(desk):
    page = desk.show(
        """<button data-dialog="ask">Ask</button>
        <dialog id="ask" aria-label="Ask"><button data-copy="sk_1">Copy</button></dialog>"""
    )
    page.get_by_role("button", name="Ask").click()
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied").click()  # Playwright clicks only what nothing covers
    assert page.evaluate("navigator.clipboard.readText()") == "sk_1"


def test_what_was_sent_leaves_the_composer_and_what_failed_stays(desk):
    page = desk.show(
        """<form hx-post="/desk/send" hx-swap="none" data-reset>
        <textarea aria-label="Text" name="text" data-submit-enter></textarea></form>"""
    )
    text = page.get_by_label("Text")
    text.fill("Hello")
    text.press("Enter")
    page.wait_for_function("document.querySelector('textarea').value === ''")

    desk.answers["desk/send"] = {"status": 503, "body": ""}
    text.fill("Again")
    text.press("Enter")
    page.get_by_text("Not sent").wait_for()
    assert text.input_value() == "Again"
    desk.visit.faults[page].clear()  # the 503 is in the console, as it should be


def test_a_form_is_busy_until_its_answer_is_there(desk):
    page = desk.show(
        """<form hx-post="/desk/slow" hx-swap="none"><button class="btn">Send</button></form>"""
    )
    held = []
    page.context.route("**/desk/slow", lambda route: held.append(route))
    button = page.get_by_role("button", name="Send")
    button.click()
    expect(button).to_have_attribute("aria-busy", "true")
    while not held:
        page.wait_for_timeout(20)  # (lets the route be heard)
    held[0].fulfill(body="")
    expect(button).not_to_have_attribute("aria-busy", "true")


def test_reset_tells_those_who_watch_the_form(desk):
    page = desk.show(
        """<form hx-get="/desk/estimate" hx-trigger="change" hx-swap="none">
        <label><input type="checkbox" name="a"> A</label>
        <button type="reset">Clear</button></form>"""
    )
    page.get_by_label("A").check()
    page.get_by_role("button", name="Clear").click()
    page.wait_for_timeout(200)
    assert desk.asked.count("GET desk/estimate") == 1  # after the reset nothing is ticked
    assert desk.asked.count("GET desk/estimate?a=on") == 1


TALK = """<div id="log" data-stick-bottom role="log" tabindex="0" aria-label="Log">
<div id="in">%s</div><button data-new hidden>New messages</button></div>
<button hx-get="/desk/more" hx-target="#in" hx-swap="innerHTML">Fetch</button>"""


def bubbles(count: int) -> str:
    return "".join(f'<p data-message="{n}">Message {n}</p>' for n in range(count))


def test_who_reads_further_up_is_told_and_not_dragged_down(desk):
    page = desk.show(TALK % bubbles(40))
    page.evaluate(
        """() => { const s = new CSSStyleSheet();
        s.replaceSync('#log { height: 200px; overflow: auto }'
          + ' [data-new] { position: sticky; bottom: 0 }');  // as talk.css has it
        document.adoptedStyleSheets = [s];
        const log = document.getElementById('log'); log.scrollTop = log.scrollHeight; }"""
    )
    page.wait_for_timeout(100)
    at_end = "(() => { const b = document.getElementById('log');"
    at_end += " return b.scrollHeight - b.scrollTop - b.clientHeight < 4 })()"

    desk.answers["desk/more"] = {"body": bubbles(41), "content_type": "text/html"}
    page.get_by_role("button", name="Fetch").click()
    page.get_by_text("Message 40").wait_for()
    page.wait_for_function(at_end)

    page.evaluate(
        """new Promise((done) => {
        const log = document.getElementById('log');
        log.addEventListener('scroll', done, { once: true });
        log.scrollTop = 0; }).then(() => 0)"""
    )
    desk.answers["desk/more"] = {"body": bubbles(42), "content_type": "text/html"}
    page.get_by_role("button", name="Fetch").click()
    page.get_by_role("button", name="New messages").click()
    page.wait_for_function(at_end)
    expect(page.get_by_role("button", name="New messages")).to_be_hidden()
