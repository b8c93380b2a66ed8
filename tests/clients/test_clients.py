"""Published clients, unmodified, each in its own environment, against real processes."""

import base64
import io
import json
import subprocess
import time

import pytest
from django.core.management import call_command
from PIL import Image

from messaging.models import Message, WebhookEndpoint, WebhookEvent
from messaging.services.integrators.keys import secret_of
from messaging.services.integrators.sandbox import act
from messaging.services.integrators.wamids import wamid
from messaging.services.webhooks.bodies import make_body
from messaging.services.webhooks.calls import headers
from messaging.tests.cast import make_business
from messaging.tests.receiver import Receiver, receiving
from messaging.tests.test_media import box
from portal.tests.processes import free_port
from profiles.models import Business, Profile
from tests.clients.environments import HERE, python_of, run_node, run_python

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]

FILM = box(b"ftyp", b"isom\x00\x00\x02\x00isomiso2mp41") + box(b"moov", box(b"mvhd", bytes(100)))


def picture(form: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (512, 512), "teal").save(out, form)
    return out.getvalue()


FILES = {
    "png": ("image/png", picture("PNG")),
    "webp": ("image/webp", picture("WEBP")),
    "pdf": ("application/pdf", b"%PDF-1.4 hello"),
    "ogg": ("audio/ogg", b"OggS" + bytes(60)),
    "mp4": ("video/mp4", FILM),
}


@pytest.fixture
def files():
    """A web server with a file of each kind."""
    with receiving() as server:

        def page(path: str) -> tuple[int, str, bytes]:
            kind, content = FILES[path.rsplit(".", 1)[-1]]
            return 200, kind, content

        server.page_for = page
        yield server


@pytest.fixture
def about(transactional_db, processes, files):
    """What `manage.py sandbox --json` prints, and some more to try things with."""
    url = processes.start_web(WEBHOOK_ALLOW_LOOPBACK="1", API_CALLS_A_SECOND="1000")
    processes.start_worker(WEBHOOK_ALLOW_LOOPBACK="1")
    out = io.StringIO()
    call_command("sandbox", "--json", stdout=out)
    found = json.loads(out.getvalue())
    business = Business.objects.get(pk=found["account_id"])
    profile = business.profiles.get(is_test=True)
    ana = profile.test_people.first()
    act(profile, ana, "write", text="Olá 👋")
    event = WebhookEvent.objects.filter(person_id=ana.person_id).order_by("-id").first()
    body = make_body(event).encode()
    secret = secret_of(business.apps.get())
    _business, foreign = make_business("elsewhere")
    with receiving(found["verify_token"]) as receiver:
        receiver: Receiver
        yield found | {
            "base_url": url,
            "api_url": f"{url}/v23.0",
            "closed": found["people"][2]["wa_id"],
            "message_id": wamid(business.pk, ana.person_id, event.facts["message"]),
            "foreign_id": str(foreign.pk),
            "webhook": receiver.url,
            "webhook_body": base64.b64encode(body).decode(),
            "webhook_signature": headers(body, secret=secret)["X-Hub-Signature-256"],
            **{name: base64.b64encode(content).decode() for name, (_k, content) in FILES.items()},
            **{f"{name}_link": f"{files.url}/file.{name}" for name in FILES},
        }


def judge(outcomes) -> None:
    """What is offered works; what is wrong (!) or not offered (!!) is the client's own error."""
    seen = list(outcomes)
    wrong = [
        f"{row['call']}: {row['outcome']}: {row['detail']}"
        for row in seen
        if row["outcome"] != ("api error" if row["call"].startswith("!") else "ok")
    ]
    assert not wrong, "\n".join(wrong)
    assert len(seen) > 20


def test_pywa(about):
    judge(run_python("pywa", about))


def test_heyoo_and_whatsapp_python(about):
    judge(run_python("heyoo", about))
    judge(run_python("whatsapp-python", about))


def test_kapso_and_whatsapp_api_js(about):
    judge(run_node("kapso", about))
    judge(run_node("whatsapp-api-js", about))


def test_a_bot_on_pywas_own_server_answers_a_person(about):
    """It registers its address by API; what it answers is in the person's inbox."""
    profile = Profile.objects.get(pk=about["profile_id"])
    ana = profile.test_people.first()
    bot = subprocess.Popen(
        [python_of("pywa"), HERE / "pywa/echo_bot.py"], stdin=subprocess.PIPE, text=True
    )
    assert bot.stdin
    try:
        bot.stdin.write(json.dumps(about | {"bot_port": free_port()}) + "\n")
        bot.stdin.flush()
        until(lambda: WebhookEndpoint.objects.exists())
        act(profile, ana, "write", text="Where is my order?")
        until(lambda: _inbox(ana).filter(body="You said: Where is my order?").exists())
        act(profile, ana, "press", text="More")
        until(lambda: _inbox(ana).filter(body="More of more").exists())
    finally:
        bot.stdin.close()
        bot.wait(timeout=10)


def _inbox(person):
    return Message.objects.filter(person_id=person.person_id, direction="out")


def until(holds, seconds: float = 40) -> None:
    """Look again until it holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.1)
