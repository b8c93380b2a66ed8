"""One message's whole life, by hand of a browser: a business signs up, is verified, subscribes and
sends; people read, reply, block and report; staff take the badge away.

Everything is real: web server, worker, beat, PostgreSQL, broker, the local Stripe peer, Chromium.
"""

import io
import json
import re
import urllib.error
import urllib.request

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from audience.models import PersonKey
from audience.services.people import import_people
from audience.services.snapshots import take_snapshot
from messaging.inbox.sessions import COOKIE
from messaging.models import Campaign, Message
from messaging.services.integrators.keys import create_app, create_token
from messaging.services.people.sessions import open_session
from portal.base.pairwise import pairwise_number, wa_id
from profiles.models import Profile, User
from profiles.tests.people import staff
from tests.browser import Visitor

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]

PEOPLE = 2_400  # all of São Paulo, half of them adults who allow adverts and are 25 to 54
OWNER = "carla@horta.example"
SLOW = 30_000  # milliseconds: for what a worker does


@pytest.fixture
def site(start_site) -> Visitor:
    return start_site()


@pytest.fixture
def people(transactional_db) -> list[int]:
    """A town of its own, loaded as an operator would."""
    lines = [
        "external_id,name,country,region,birth_year,device,language,time_zone,marketing,joined\n"
    ]
    lines += [
        f"p{n},Pessoa {n},BR,BR-SP,{1960 + n % 50},SM-A145M,pt,America/Sao_Paulo,true,2024-01-01\n"
        for n in range(PEOPLE)
    ]
    import_people([line.encode() for line in lines])
    take_snapshot()
    return list(PersonKey.objects.order_by("person_id").values_list("person_id", flat=True))


def test_one_messages_whole_life(site, people):
    owner = sign_up(site)
    make_profile(owner)
    ask_for_verification(owner)
    marta = site.open("/admin/", as_user=staff("verifier", "moderator", name="marta"))
    approve(marta)
    subscribe(owner, "horta-fresca")
    profile = Profile.objects.select_related("business").get(handle="horta")
    assert profile.shows_badge()

    template(owner)
    audience(owner)
    ana, blocker, reporter, *_others = campaign_people(launch(owner))
    inbox = read_and_reply(site, ana)
    answer(owner, profile, ana, inbox)

    say_no(site, blocker, reporter)
    revoke(marta, profile)
    everything_is_refused(site, owner, profile, ana)


def base(page: Page) -> str:
    """The site's address, from where the page is."""
    return page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2]


def sign_up(site: Visitor) -> Page:
    """By e-mail code, which the demo shows; then the business."""
    page = site.open("/account/signup/")
    page.locator("input[name=email]").fill(OWNER)
    page.get_by_role("button", name="Continue").click()
    code = page.locator("code").first.inner_text().strip()
    page.locator("input[name=code]").fill(code)
    page.locator("main button.primary").click()
    page.locator("input[name=name]").fill("Horta Fresca")
    page.locator("select[name=country]").select_option("BR")
    page.locator("main button.primary").click()
    expect(page).to_have_url(re.compile("/w/horta-fresca/$"))
    return page


def make_profile(page: Page) -> None:
    page.goto(base(page) + "/w/horta-fresca/profile/")
    page.locator("input[name=name]").fill("Horta Fresca")
    page.locator("input[name=handle]").fill("horta")
    page.locator("input[name=logo_file]").set_input_files(picture("logo.png", "#2a7a3a"))
    page.locator("main form button.primary").first.click()
    expect(page.locator(".switcher").get_by_text("@horta")).to_be_visible()


def ask_for_verification(page: Page) -> None:
    """A form and a paper; then it waits for staff."""
    page.goto(base(page) + "/w/horta-fresca/verification/")
    page.locator("button[value=begin]").click()
    for name, words in {
        "legal_name": "Horta Fresca Ltda",
        "register_number": "12.345.678/0001-90",
        "address": "Rua das Flores 1, São Paulo",
        "representative": "Carla Souza",
    }.items():
        page.locator(f"[name={name}]").fill(words)
    page.locator("input[type=file]").first.set_input_files(picture("register.png", "#ffffff"))
    page.locator("button[value=upload]").click()
    expect(page.get_by_text("register.png").first).to_be_visible()
    page.locator("button[value=submit]").click()
    expect(page.get_by_text("Handed in").first).to_be_visible()


def approve(page: Page) -> None:
    """Staff: the queue, the case, a dialog."""
    page.goto(base(page) + "/admin/profiles/verificationcase/")
    page.get_by_role("link", name=re.compile("Horta Fresca")).first.click()
    act_by_dialog(page, "approve")
    expect(page.get_by_text("Horta Fresca is verified.")).to_be_visible()


def act_by_dialog(page: Page, name: str, **fields: str) -> None:
    """An action of the admin by its address: its button, what it asks for, the button again."""
    page.locator(f"a[href$='/{name}/']").first.click()
    dialog = page.locator("#dialog")
    for field, words in fields.items():
        dialog.locator(f"[name={field}]").fill(words)
    with page.expect_navigation():
        dialog.locator("button[type=submit], input[type=submit]").last.click()


def subscribe(page: Page, slug: str) -> None:
    """A plan, paid with a test card at the local peer."""
    page.goto(base(page) + f"/w/{slug}/billing/")
    page.get_by_role("button", name=re.compile("Starter|Choose|Subscribe|Take")).first.click()
    page.get_by_role("button", name=re.compile("Pay now|Start trial")).click(timeout=SLOW)
    expect(page).to_have_url(re.compile(f"/w/{slug}/billing"), timeout=SLOW)
    expect(page.get_by_text(re.compile("Active|Trial")).first).to_be_visible()


def template(page: Page) -> None:
    page.goto(base(page) + "/w/horta-fresca/templates/new/")
    page.locator("input[name=name]").fill("spring_offer")
    page.locator("input[value=MARKETING]").check()
    page.locator("textarea[name=body]").fill("Special prices on our vegetables, all week.")
    page.locator("main form button.primary").first.click()
    expect(page.get_by_text("Approved").first).to_be_visible(timeout=SLOW)


def audience(page: Page) -> None:
    """Country, age and phone, with an estimate that follows."""
    page.goto(base(page) + "/w/horta-fresca/audiences/new/")
    page.locator("select[name=country]").select_option("BR")
    page.wait_for_load_state("networkidle")
    page.locator("select[name=age_from]").select_option("25")
    page.locator("input[name=name]").fill("Grown-ups in Brazil")
    save = page.locator("#save")
    expect(save).to_be_enabled(timeout=SLOW)
    save.click()
    expect(page.get_by_text("Grown-ups in Brazil").first).to_be_visible()


def launch(page: Page) -> Campaign:
    """Composed, reviewed, sent by a real worker."""
    page.goto(base(page) + "/w/horta-fresca/campaigns/new/")
    page.locator("input[name=audience]").first.check()
    page.locator("input[name=template]").first.check()
    page.get_by_role("button", name="Review").click()
    page.get_by_role("button", name=re.compile("^Send to")).click()
    page.locator("dialog#send button.primary").click()
    expect(page.get_by_text("Finished").first).to_be_visible(timeout=SLOW)
    campaign = Campaign.objects.get(business__slug="horta-fresca")
    assert campaign.state == "finished"
    return campaign


def campaign_people(campaign: Campaign) -> list[int]:
    """Who got it, from the ledger."""
    rows = Message.objects.filter(campaign_id=campaign.pk, id=campaign.message_id)
    return sorted(rows.values_list("person_id", flat=True)[:100])


def read_and_reply(site: Visitor, ana: int) -> Page:
    """The message is in the person's inbox; she answers."""
    page = site.open("/m/", cookies={COOKIE: open_session(ana)}, width=390)
    page.get_by_role("link", name=re.compile("^Adverts")).click()
    page.get_by_role("link", name=re.compile("Horta Fresca")).click()
    expect(page.get_by_role("log").get_by_text("Special prices")).to_be_visible()
    page.get_by_role("link", name="Why did I get this?").click()
    expect(page.get_by_text("You live in Brazil.")).to_be_visible()
    page.get_by_role("link", name="Back to the chat").click()
    page.get_by_label("Message", exact=True).fill("Do you deliver on Sunday?")
    with page.expect_response(lambda answer: "Sunday" in (answer.request.post_data or "")):
        page.get_by_role("button", name="Send").click()  # shown at once, there when answered
    expect(page.get_by_role("log").get_by_text("Do you deliver on Sunday?")).to_be_visible()
    return page


def answer(owner: Page, profile: Profile, ana: int, inbox: Page) -> None:
    """The business sees it and answers; both pages show it by themselves."""
    number = pairwise_number(profile.business_id, ana)
    owner.goto(base(owner) + f"/w/horta-fresca/inbox/horta/{number}/")
    log = owner.get_by_role("log")
    expect(log.get_by_text("Do you deliver on Sunday?")).to_be_visible()
    expect(log.get_by_text("Special prices")).to_have_count(0)  # who got a campaign is not told
    owner.get_by_label("Reply").fill("Yes, until noon.")
    owner.get_by_role("button", name="Send").click()
    expect(inbox.get_by_role("log").get_by_text("Yes, until noon.")).to_be_visible(timeout=5_000)
    inbox.get_by_label("Message", exact=True).fill("Wonderful!")
    inbox.get_by_role("button", name="Send").click()
    expect(log.get_by_text("Wonderful!")).to_be_visible(timeout=5_000)


def say_no(site: Visitor, blocker: int, reporter: int) -> None:
    """One blocks, one reports: two taps each."""
    page = site.open("/m/c/horta/", cookies={COOKIE: open_session(blocker)}, width=390)
    page.get_by_role("link", name="Stop adverts or block").click()
    page.locator("button[value=all]").click()
    expect(page.get_by_text("You blocked this sender.").first).to_be_visible()

    page = site.open("/m/c/horta/", cookies={COOKIE: open_session(reporter)}, width=390)
    page.get_by_role("link", name="Report").click()
    page.get_by_label("Anything else we should know").fill("Every single day.")
    page.locator("button[value=spam]").click()
    expect(page.get_by_text("Thank you.").first).to_be_visible()


def revoke(page: Page, profile: Profile) -> None:
    """Staff read the report in their queue and take the badge, with a reason."""
    page.goto(base(page) + "/admin/trust/spamreport/")
    expect(page.get_by_text("Horta Fresca").first).to_be_visible()
    page.locator("#result_list tr", has_text="Horta Fresca").locator("a").first.click()
    expect(page.get_by_text("Every single day.").first).to_be_visible()
    page.goto(base(page) + f"/admin/profiles/profile/{profile.pk}/change/")
    act_by_dialog(page, "revoke", words="Adverts that people did not ask for.")
    expect(page.get_by_text(re.compile("^Revoked")).first).to_be_visible()
    profile.refresh_from_db()
    assert profile.standing == Profile.Standing.REVOKED


def everything_is_refused(site: Visitor, owner: Page, profile: Profile, ana: int) -> None:
    """The badge is gone everywhere; nothing can be sent; the business reads why."""
    public = site.open("/b/horta/")
    expect(public.get_by_role("img", name="Verified")).to_have_count(0)
    person = site.open("/m/c/horta/", cookies={COOKIE: open_session(ana)}, width=390)
    expect(person.get_by_text("lost its verification").first).to_be_visible()

    owner.goto(base(owner) + "/w/horta-fresca/quality/")
    owner.get_by_role("link", name="Read why, and appeal").click()
    expect(owner.get_by_text("Adverts that people did not ask for.").first).to_be_visible()
    owner.goto(base(owner) + "/w/horta-fresca/campaigns/new/")
    owner.locator("input[name=audience]").first.check()
    owner.locator("input[name=template]").first.check()
    owner.get_by_role("button", name="Review").click()
    expect(owner.get_by_text("has lost its verification").first).to_be_visible()

    code, error = send_by_api(site, profile, ana)
    assert (code, error["code"]) == (403, 131031), error
    assert "lost its verification" in json.dumps(error)


def send_by_api(site: Visitor, profile: Profile, person_id: int) -> tuple[int, dict]:
    """A template to the person, as an integrator would; the answer's status and error."""
    owner = User.objects.get(email=OWNER)
    app = create_app(profile.business, name="Shop", by=owner)
    token = create_token(app, name="server", by=owner)[1]
    body = {
        "messaging_product": "whatsapp",
        "to": wa_id(pairwise_number(profile.business_id, person_id)),
        "type": "template",
        "template": {"name": "spring_offer", "language": {"code": "en"}},
    }
    request = urllib.request.Request(
        f"{site.address}/v23.0/{profile.pk}/messages",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as done:
            return done.status, {}
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)["error"]


def picture(name: str, colour: str) -> dict:
    data = io.BytesIO()
    Image.new("RGB", (400, 400), colour).save(data, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": data.getvalue()}
