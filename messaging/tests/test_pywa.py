"""pywa, unmodified, against the real server: only its base address and token are ours."""

from queue import Queue

import pytest
from django.utils import timezone

from audience.tests.people import make_person
from messaging.models import Message, WebhookEndpoint
from messaging.services.integrators.keys import create_app, create_token, secret_of
from messaging.services.messages import mark_delivered, mark_read, receive_message
from messaging.tests.cast import ANA, RAVI, Cast, make_template
from messaging.tests.receiver import receiving
from portal.base.pairwise import pairwise_number

pywa = pytest.importorskip("pywa")

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]
PATIENCE = 30  # seconds until a webhook has come


@pytest.fixture
def cast(transactional_db):
    Cast.setUpTestData()
    make_person(ANA)
    make_person(RAVI)
    receive_message(ANA, Cast.profile, body="Olá!", name="Ana", now=timezone.now())
    return Cast


@pytest.fixture
def shop(cast, processes):
    """The client, its webhook receiver and what its handlers were told."""
    url = processes.start_web(WEBHOOK_ALLOW_LOOPBACK="1", API_LOG_AT_ONCE="1")
    processes.start_worker(WEBHOOK_ALLOW_LOOPBACK="1")
    app = create_app(cast.acme, name="Shop", by=cast.alice)
    token = create_token(app, name="server", by=cast.alice)[1]
    with receiving() as receiver:
        client = pywa.WhatsApp(
            phone_id=str(cast.profile.pk),
            token=token,
            waba_id=str(cast.acme.pk),
            app_id=app.pk,
            app_secret=secret_of(app),
            verify_token="hush",
        )
        client.api._session.base_url = f"{url}/v23.0"
        told: Queue = Queue()
        client.on_message()(lambda client, message: told.put(message))
        client.on_message_status()(lambda client, status: told.put(status))

        def answer(body, headers):
            refusal = client.webhook_update_validator(body, headers.get("x-hub-signature-256"))
            said, status = refusal or client.webhook_update_handler(body)
            return status, said.encode()

        receiver.answer = answer
        proof = client.api.get_app_access_token(app.pk, secret_of(app))["access_token"]
        client.api.set_app_callback_url(
            app_id=app.pk,
            access_token=proof,
            callback_url=receiver.url,
            verify_token="hush",
            fields=("messages",),
        )
        assert WebhookEndpoint.objects.get().url == receiver.url
        yield client, told


def test_text_out_statuses_in_reply_in_template_out_and_errors(shop, cast):
    client, told = shop
    ana = f"999{pairwise_number(cast.acme.pk, ANA)}"

    sent = client.send_message(to=ana, text="Olá Ana 👋", tracker="order-7")
    assert Message.objects.get(direction="out").body == "Olá Ana 👋"
    status = told.get(timeout=PATIENCE)
    assert (status.status.value, status.id, status.tracker) == ("sent", sent.id, "order-7")
    assert status.from_user.wa_id == ana

    mark_delivered(ANA)
    assert told.get(timeout=PATIENCE).status.value == "delivered"
    mark_read(ANA, cast.profile)
    assert told.get(timeout=PATIENCE).status.value == "read"

    receive_message(ANA, cast.profile, body="Obrigada!")
    reply = told.get(timeout=PATIENCE)
    assert (reply.text, reply.from_user.name, reply.from_user.wa_id) == ("Obrigada!", "Ana", ana)
    reply.mark_as_read()
    reply.reply_text("De nada", quote=True)
    assert told.get(timeout=PATIENCE).status.value == "sent"
    assert Message.objects.get(body="De nada").reply_to

    make_template(
        cast.acme,
        "gate_change",
        category="UTILITY",
        components=[{"type": "BODY", "text": "Dear {{1}}, your gate is now {{2}}. Thank you!"}],
    )
    body = pywa.types.templates.BodyText.params("Ana", "B7")
    client.send_template(
        to=ana,
        name="gate_change",
        language=pywa.types.templates.TemplateLanguage.ENGLISH,
        params=[body],
    )
    assert told.get(timeout=PATIENCE).status.value == "sent"
    assert Message.objects.get(kind="template").body.startswith("Dear Ana, your gate is now B7.")

    ravi = f"999{pairwise_number(cast.acme.pk, RAVI)}"
    with pytest.raises(pywa.errors.MessageUndeliverable):
        client.send_message(to=ravi, text="We never met")
    with pytest.raises(pywa.errors.TemplateNotExists):
        client.send_template(
            to=ana,
            name="no_such_template",
            language=pywa.types.templates.TemplateLanguage.ENGLISH,
            params=[],
        )
    client.api._session.headers["Authorization"] = "Bearer sgt_wrong"
    with pytest.raises(pywa.errors.ExpiredAccessToken):
        client.send_message(to=ana, text="Hi")
