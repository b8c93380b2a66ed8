"""The watch itself: each kind of fault makes a page fail, and a page without any passes."""

import pytest

SOUND = """<!doctype html><html lang="en"><head><title>Sound</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/css/base.css">%s</head>
<body><main><h1>Sound</h1>%s</main></body></html>"""

FAULTS = {
    "axe image-alt": '<img src="/static/img/signet.svg" width="20" height="20">',
    "axe color-contrast": '<p class="faint">Too faint to read</p>',
    "policy: script-src": "<script>1</script>",
    "policy: style-src": '<p style="margin: 0">Inline</p>',
    "console: Failed to load resource": '<img src="/missing.png" alt="missing">',
    "uncaught: broken": '<script src="/watched/broken.js"></script>',
    "console: it is wrong": '<script src="/watched/says.js"></script>',
    "sideways scroll": '<p class="wide">Wide</p>',
}
FILES = {
    "broken.js": "setTimeout(() => { throw new Error('broken') })",
    "says.js": "console.error('it is wrong')",
    "faults.css": ".faint { color: #aaa } .wide { inline-size: 1500px }",
}


@pytest.fixture
def look(visit):
    """Looks at a page with this body, served under the policy of the site."""
    page = visit.open("/not/here/", status=404)

    def serve(route):
        name = route.request.url.rsplit("/", 1)[1]
        if name in FILES:
            kind = "text/css" if name.endswith("css") else "text/javascript"
            return route.fulfill(body=FILES[name], content_type=kind)
        return route.fulfill(
            body=SOUND % ('<link rel="stylesheet" href="/watched/faults.css">', look.body),
            content_type="text/html",
            headers={"Content-Security-Policy": "default-src 'self'; img-src 'self' data:"},
        )

    def look(body):
        look.body = body
        visit.goto(page, "/watched/page")
        visit.check(page, "watched")

    page.context.route("**/watched/*", serve)
    return look


def test_a_sound_page_passes(look):
    look("<p>Nothing wrong here.</p>")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told(look, fault):
    with pytest.raises(pytest.fail.Exception) as told:
        look(FAULTS[fault])
    assert fault in str(told.value)


def test_what_happens_after_the_last_look_is_told_too(visit):
    page = visit("/account/login/")
    page.evaluate("console.error('late')")
    page.wait_for_timeout(100)
    with pytest.raises(pytest.fail.Exception, match="late"):
        visit.close()
    visit.faults.clear()
