"""The example messenger against the real server: members in, messages out, events in, the frame."""

import json
import urllib.error
import urllib.request
from datetime import timedelta

import pytest
from django.db.models import Sum
from django.utils import timezone

from audience.models import Block, Person
from audience.services.snapshots import take_snapshot
from messaging.models import CounterDelta, GatewayMessage, Member, Message
from messaging.services.campaigns.launching import launch_campaign
from messaging.services.gateway.messengers import (
    add_messenger,
    create_key,
    forget_gateways,
    set_gateway,
)
from messaging.tests.cast import Cast, make_template
from messaging.tests.crowd import allow_campaigns, draft
from portal.tests.processes import free_port
from tests.browser import keep_picture
from tests.test_examples import wait_for
from trust.models import SpamReport

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]
HERE = {"WEBHOOK_ALLOW_LOOPBACK": "1", "FIRST_BATCH_HOLD_MINUTES": "0"}
MEMBERS = 4_000  # so that those in Brazil who allow adverts are enough for a campaign


@pytest.fixture
def papo(processes, settings, tmp_path):
    """The site of a running messenger, whose members complain about one advert in twelve."""
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    settings.FIRST_BATCH_HOLD = timedelta(0)
    site = f"http://localhost:{free_port()}"
    url = processes.start_web(**HERE, FRAME_ANCESTORS=site)
    processes.start_worker(**HERE)
    messenger = add_messenger("Papo", by=None)
    environment = {
        "SIGNET_URL": url,
        "SIGNET_KEY": create_key(messenger, name="example", by=None)[1],
        "SIGNET_GATEWAY_SECRET": set_gateway(messenger, url=f"{site}/take", by=None),
        "MESSENGER_PORT": site.rpartition(":")[2],
        "MESSENGER_DATA": str(tmp_path / "messenger.sqlite3"),
        "MESSENGER_MEMBERS": str(MEMBERS),
        "MESSENGER_PACE": "0.02",
        "MESSENGER_COMPLAIN": "0.08",
        "MESSENGER_REPLY": "0.03",
    }
    processes.start("papo", "python", "examples/messenger/messenger.py", **environment)
    processes.wait("papo", lambda: Member.objects.count() == MEMBERS)
    yield site
    forget_gateways()


def numbers(site: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{site}/numbers") as answer:
        return json.load(answer)


def counted(metric: str) -> int:
    return CounterDelta.objects.filter(metric=metric).aggregate(n=Sum("n"))["n"] or 0


def test_members_come_in_get_a_campaign_and_read_reply_block_and_report(papo, chromium):
    cast = Cast()
    Cast.setUpTestData.__func__(Cast)
    now = timezone.now()
    allow_campaigns(cast.profile, now=now)
    make_template(cast.acme)
    take_snapshot(now=now, only=["BR"])
    campaign = launch_campaign(draft(cast.profile, cast.alice, now=now), by=cast.alice, now=now)

    wait_for(lambda: campaign.chunks.filter(state="waiting").first() is None)
    sent = Message.objects.filter(campaign_id=campaign.pk).count()
    assert sent > 1_000
    wait_for(
        lambda: numbers(papo)["messages"] == sent and numbers(papo)["to tell"] == 0, seconds=120
    )
    assert not GatewayMessage.objects.exists()

    told = numbers(papo)
    assert told["delivered done"] == sent == counted("delivered")
    assert told["read done"] == counted("read")
    assert 0.6 < told["read done"] / sent < 0.8
    assert told["block done"] == Block.objects.count() == counted("blocked")
    assert told["report done"] == SpamReport.objects.count()
    assert 0.05 < told["block done"] / told["read done"] < 0.12
    replies = Message.objects.filter(direction="in").count()
    assert told["message done"] == replies > 10
    assert not [name for name in told if name.endswith(("refused", "duplicate"))], told

    the_inbox_opens_in_a_frame(papo, chromium, campaign)
    strangers_send_it_nothing(papo)


def the_inbox_opens_in_a_frame(site: str, chromium, campaign) -> None:
    person_id = Message.objects.filter(campaign_id=campaign.pk).latest("person_id").person_id
    member = Person.objects.get(pk=person_id)
    page = chromium.new_context().new_page()
    complaints = []
    page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
    page.goto(f"{site}/as/{member.external_id}")
    inbox = page.frame_locator("iframe")
    inbox.get_by_role("link", name="Acme").first.click()
    inbox.get_by_text("Hello from our shop.").first.wait_for()
    assert page.locator("iframe").evaluate("frame => frame.src").count("/m/in/") == 1
    assert complaints == []
    keep_picture(page, "messenger-member")
    page.goto(site)
    keep_picture(page, "messenger-home")
    page.go_back()

    # The same link opens nothing a second time, and not in a frame of somebody else's.
    page.locator("iframe").wait_for()
    used = page.locator("iframe").get_attribute("src")
    inbox.get_by_role("link", name="Acme").first.wait_for()
    other = chromium.new_context().new_page()
    assert other.goto(used).status == 410
    strange = chromium.new_context().new_page()
    refused = []
    strange.on("console", lambda said: refused.append(said.text))
    # The same site under another name is another origin.
    strange.goto(f"{site.replace('localhost', '127.0.0.1')}/as/{member.external_id}")
    strange.wait_for_timeout(500)
    assert any("frame-ancestors" in said for said in refused), refused


def strangers_send_it_nothing(site: str) -> None:
    request = urllib.request.Request(f"{site}/take", b'{"messages": []}', method="POST")
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request)
    assert refusal.value.code == 401
