"""The integrators' pages and the templates in a real browser."""

import pytest
from django.utils import timezone

from audience.tests.people import make_person
from messaging.models import (
    ApiCall,
    WebhookAttempt,
    WebhookCall,
    WebhookEndpoint,
    WebhookEvent,
)
from messaging.services.integrators.keys import create_app, create_token
from messaging.services.messages import receive_message
from messaging.tests.cast import ANA, Cast, make_template


@pytest.fixture
def acme(transactional_db):
    """Acme with an app, a token and a contact."""
    Cast.setUpTestData()
    make_person(ANA)
    receive_message(ANA, Cast.profile, body="Olá!", name="Ana", now=timezone.now())
    return Cast


def test_an_integrator_finds_the_way(visit, acme):
    page = visit("/w/acme/developers/", as_user=acme.alice, name="developers-empty")
    page.get_by_label("Name of the app").fill("Web shop")
    page.get_by_role("button", name="Make the app and a token").click()
    page.get_by_text("Copy this token now").wait_for()
    assert "Bearer sgt_" in page.locator("#first-call").text_content()
    visit.check(page, "developers-app")
    page.get_by_role("button", name="New token").click()
    visit.check(page, "developers-token")


def test_the_developers_page_with_an_app(visit, acme):
    app = create_app(acme.acme, name="Web shop", by=acme.alice)
    create_token(app, name="server", by=acme.alice)
    visit("/w/acme/developers/", as_user=acme.alice, name="developers")


def test_logs_and_the_documentation(visit, acme):
    app = create_app(acme.acme, name="Web shop", by=acme.alice)
    ApiCall.objects.create(
        business=acme.acme,
        method="POST",
        path="/v23.0/1/messages",
        status=400,
        code=131047,
        milliseconds=12,
        trace="abc",
        request='{"to": "999"}',
        response="{}",
    )
    endpoint = WebhookEndpoint.objects.create(
        app=app, url="https://shop.example/hook", verify_token="x", failing_since=timezone.now()
    )
    event = WebhookEvent.objects.create(
        business=acme.acme, field="messages", facts={"value": {}}, body='{"object": "x"}'
    )
    hook = WebhookCall.objects.create(event=event, endpoint=endpoint)
    WebhookAttempt.objects.create(call=hook, milliseconds=9, status=503, response="down")
    page = visit("/w/acme/developers/logs/", as_user=acme.alice, name="api-log")
    page.get_by_role("link", name="POST /v23.0/1/messages").click()
    visit.check(page, "api-call")
    page = visit(
        f"/w/acme/developers/webhooks/{endpoint.uuid}/", as_user=acme.alice, name="webhook"
    )
    page.locator("summary", has_text="messages").click()
    visit.check(page, "webhook-open")
    visit("/api/docs/", name="api-docs")


def test_a_template_is_written_with_its_preview(visit, acme):
    visit("/w/acme/templates/", as_user=acme.alice, name="templates-empty")
    make_template(acme.acme, "hello")
    make_template(acme.acme, "sent_back", status="REJECTED", reason="Say what the order is.")
    page = visit("/w/acme/templates/", as_user=acme.alice, name="templates")
    page.get_by_role("link", name="An order is on its way").click()
    page.get_by_text("Clear: it is approved").wait_for()
    page.wait_for_load_state("networkidle")  # what is typed before the scripts run isn't heard
    body = page.get_by_label("Body")
    body.press_sequentially(" Sale: 20% off!")
    page.locator("mark", has_text="20% off").wait_for()
    visit.check(page, "template-advert")
    body.fill("Hello {{1}}, your order {{2}} has been shipped. Thank you.")
    page.get_by_text("Clear: it is approved").wait_for()
    page.get_by_role("button", name="Hand in").click()
    page.get_by_text("is approved and can be sent").wait_for()
    visit.check(page, "template-approved")


def test_test_people_do_as_they_are_told(visit, acme):
    page = visit("/w/acme/developers/sandbox/", as_user=acme.alice, name="sandbox-closed")
    page.get_by_role("button", name="Open the sandbox").click()
    page.get_by_text("Your test people are here").wait_for()
    ana = page.locator("section", has=page.get_by_role("heading", name="Ana"))
    ana.get_by_label("What Ana writes").fill("Where is my order?")
    ana.get_by_role("button", name="Send as Ana").click()
    page.get_by_text("Where is my order?").wait_for()
    ana.get_by_role("button", name="Block", exact=True).click()
    ana.get_by_text("Blocks you").wait_for()
    visit.check(page, "sandbox")
