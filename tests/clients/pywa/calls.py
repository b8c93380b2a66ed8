"""Every call of pywa that is about what is offered, and those that are about what is not.

Reads what it needs as JSON from stdin; prints one line of JSON for each call.
"""

import base64
import datetime
import json
import sys
import traceback
import warnings

from pywa import WhatsApp, errors, types
from pywa.types import templates as t
from pywa.types.calls import SessionDescription

warnings.simplefilter("ignore")
about = json.load(sys.stdin)
wa = WhatsApp(
    phone_id=about["profile_id"],
    token=about["access_token"],
    waba_id=about["account_id"],
    app_id=int(about["app_id"]),
    app_secret=about["app_secret"],
    verify_token=about["verify_token"],
    business_portfolio_id=about["account_id"],
)
wa.api._session.base_url = about["api_url"]
wa.api._session.timeout = 60
to = about["wa_id"]
PNG = base64.b64decode(about["png"])
kept = {}


def call(name, function, *, keep=None):
    """Make the call and say what came of it."""
    try:
        result = function()
        if keep:
            kept[keep] = result
        outcome = "ok"
        detail = repr(result)[:200]
    except errors.WhatsAppError as error:
        outcome, detail = "api error", f"{error.code} {error.details or error.message}"
    except Exception:
        outcome, detail = "broken", traceback.format_exc()[-1500:]
    print(json.dumps({"call": name, "outcome": outcome, "detail": detail}), flush=True)


# P0: messages
call("text", lambda: wa.send_message(to, "Hello *you* 👋", preview_url=True), keep="text")
call("text to user_id", lambda: wa.send_message(about["user_id"], "Hello"))
call("text with tracker", lambda: wa.send_message(to, "Hello", tracker="order-7"))
call("reply", lambda: wa.send_message(to, "Yes", reply_to_message_id=about["message_id"]))
call(
    "buttons",
    lambda: wa.send_message(
        to,
        "Coming?",
        header="Party",
        footer="Acme",
        buttons=[types.Button("Yes", callback_data="y"), types.Button("No", callback_data="n")],
    ),
)
call(
    "list",
    lambda: wa.send_message(
        to,
        "Choose",
        buttons=types.SectionList(
            "Open",
            [
                types.Section(
                    "First", [types.SectionRow("One", callback_data="1", description="The first")]
                ),
                types.Section("Second", [types.SectionRow("Two", callback_data="2")]),
            ],
        ),
    ),
)
call(
    "link button",
    lambda: wa.send_message(to, "Look", buttons=types.URLButton("Open", "https://example.com")),
)
call("request location", lambda: wa.request_location(to, "Where are you?"))
call("image by bytes", lambda: wa.send_image(to, PNG, caption="Shop", mime_type="image/png"))
call("image by link", lambda: wa.send_image(to, about["png_link"], caption="Shop"))
call("upload", lambda: wa.upload_media(PNG, "image/png", "shop.png"), keep="media")
call("media address", lambda: wa.get_media_url(kept["media"].id), keep="media_url")
call("media bytes", lambda: len(wa.get_media_bytes(url=kept["media_url"].url)))
call("image by id", lambda: wa.send_image(to, kept["media"].id))
call(
    "image with buttons",
    lambda: wa.send_image(
        to, kept["media"].id, caption="Buy?", buttons=[types.Button("Yes", callback_data="y")]
    ),
)
call("delete media", lambda: wa.delete_media(kept["media"].id))
call(
    "document",
    lambda: wa.send_document(
        to, b"%PDF-1.4 hello", filename="a.pdf", caption="Read", mime_type="application/pdf"
    ),
)
call("audio", lambda: wa.send_audio(to, b"OggS" + bytes(60), mime_type="audio/ogg"))
call("voice", lambda: wa.send_voice(to, b"OggS" + bytes(60), mime_type="audio/ogg"))
call("video", lambda: wa.send_video(to, base64.b64decode(about["mp4"]), mime_type="video/mp4"))
call(
    "sticker", lambda: wa.send_sticker(to, base64.b64decode(about["webp"]), mime_type="image/webp")
)
call("location", lambda: wa.send_location(to, -23.55, -46.63, name="Shop", address="Rua Augusta"))
call(
    "contact",
    lambda: wa.send_contact(
        to,
        types.Contact(
            name=types.Contact.Name(formatted_name="Bob B", first_name="Bob"),
            phones=[types.Contact.Phone(phone="+55119999", type="WORK")],
            emails=[types.Contact.Email(email="bob@example.com")],
        ),
    ),
)
call("reaction", lambda: wa.send_reaction(to, "👍", about["message_id"]))
call("remove reaction", lambda: wa.remove_reaction(to, about["message_id"]))
call("mark as read", lambda: wa.mark_message_as_read(about["message_id"]))
call("typing", lambda: wa.indicate_typing(about["message_id"]))

# P0: templates
call(
    "create template",
    lambda: wa.create_template(
        t.Template(
            name="order_by_pywa",
            language=t.TemplateLanguage.ENGLISH_US,
            category=t.TemplateCategory.UTILITY,
            components=[
                t.HeaderText("Your order {{1}}", "4711"),
                t.BodyText("Hello {{1}}, your order {{2}} has been shipped.", "Ana", "4711"),
                t.FooterText(text="Acme"),
                t.Buttons(buttons=[t.QuickReplyButton(text="Where is it?")]),
            ],
        )
    ),
    keep="created",
)
call("get template", lambda: wa.get_template(kept["created"].id))
call("get templates", lambda: list(wa.get_templates()))
call(
    "get templates by page",
    lambda: list(wa.get_templates(pagination=types.Pagination(limit=1), name="order_by_pywa")),
)
call(
    "send template",
    lambda: wa.send_template(
        to,
        "order_by_pywa",
        t.TemplateLanguage.ENGLISH_US,
        [
            t.HeaderText.params("4711"),
            t.BodyText.params("Ana", "4711"),
            t.QuickReplyButton.params(callback_data="where", index=0),
        ],
    ),
)
call(
    "update template",
    lambda: wa.update_template(
        kept["created"].id,
        new_components=[t.BodyText("Dear {{1}}, your order {{2}} is on its way.", "Ana", "4711")],
    ),
)
call("delete template", lambda: wa.delete_template("order_by_pywa"))

# P0: profile, account
call("get profile", lambda: wa.get_business_profile())
call(
    "update profile",
    lambda: wa.update_business_profile(
        about="We sell", industry=types.Industry.RETAIL, websites=["https://acme.example"]
    ),
)
call("update picture", lambda: wa.update_business_profile(profile_picture=PNG))
call("phone number", lambda: wa.get_business_phone_number())
call("phone numbers", lambda: list(wa.get_business_phone_numbers()))
call("account", lambda: wa.get_business_account())
call("subscribed apps", lambda: wa.api.get_waba_subscribed_apps(about["account_id"]))

# P1
call("block", lambda: wa.block_users([to]))
call("blocked", lambda: list(wa.get_blocked_users()))
call("unblock", lambda: wa.unblock_users([to]))
call("create qr", lambda: wa.create_qr_code("Hello", types.QRCodeImageType.PNG), keep="qr")
call("get qr", lambda: wa.get_qr_code(kept["qr"].code, image_type=types.QRCodeImageType.SVG))
call("list qr", lambda: list(wa.get_qr_codes()))
call("update qr", lambda: wa.update_qr_code(kept["qr"].code, "Hello again"))
call("delete qr", lambda: wa.delete_qr_code(kept["qr"].code))
call(
    "app token",
    lambda: wa.get_app_access_token(int(about["app_id"]), about["app_secret"]),
    keep="proof",
)
call(
    "app webhook",
    lambda: wa.set_app_callback_url(
        app_id=int(about["app_id"]),
        app_access_token=f"{about['app_id']}|{about['app_secret']}",
        callback_url=about["webhook"],
        verify_token=about["verify_token"],
        fields=["messages"],
    ),
)
call(
    "account webhook",
    lambda: wa.override_waba_callback_url(about["webhook"], about["verify_token"]),
)
call("no account webhook", lambda: wa.delete_waba_callback_url())
call(
    "profile webhook",
    lambda: wa.override_phone_callback_url(about["webhook"], about["verify_token"]),
)
call("no profile webhook", lambda: wa.delete_phone_callback_url())
call("settings", lambda: wa.get_business_phone_number_settings())
call("register", lambda: wa.register_phone_number("123456"))
call("deregister", lambda: wa.deregister_phone_number())
call("request code", lambda: wa.request_verification_code(code_method="SMS", language_code="en_US"))
call("verify code", lambda: wa.verify_phone_number("123456"))
call("owned accounts", lambda: list(wa.get_owned_business_accounts()))
call("shared accounts", lambda: list(wa.get_shared_business_accounts()))
call("commerce settings", lambda: wa.get_commerce_settings())
call("username", lambda: wa.get_current_username())

# P0: what goes wrong is the client's own error
call("! unknown person", lambda: wa.send_message("999111111111111", "Hello"))
call("! phone", lambda: wa.send_message("5511998765432", "Hello"))
call("! closed window", lambda: wa.send_message(about["closed"], "Hello"))
call(
    "! no such template",
    lambda: wa.send_template(to, "none", t.TemplateLanguage.ENGLISH, []),
)
call("! no such media", lambda: wa.get_media_url("123456789012345"))
call("! no such template id", lambda: wa.get_template("123456789012345"))
call("! foreign profile", lambda: wa.get_business_phone_number(phone_id=about["foreign_id"]))
call("! bad link", lambda: wa.send_image(to, "https://127.0.0.1/x.png"))

# P3
call("!! catalog", lambda: wa.send_catalog(to, "Look"))
call("!! product", lambda: wa.send_product(to, "1", "sku", "Look"))
call("!! flows", lambda: list(wa.get_flows()))
call("!! create flow", lambda: wa.create_flow("x", ["OTHER"]))
call("!! get flow", lambda: wa.get_flow("123456789012345"))
call(
    "!! calls",
    lambda: wa.initiate_call(to, SessionDescription(sdp_type="offer", sdp="v=0")),
)
call("!! groups", lambda: list(wa.get_groups()))
call("!! create group", lambda: wa.create_group(subject="x"))
call("!! username", lambda: wa.set_username("acme"))
call("name", lambda: wa.update_display_name("Acme two"))
call("!! automation", lambda: wa.update_conversational_automation(ice_breakers=["Hi"]))
call("!! commerce", lambda: wa.update_commerce_settings(is_cart_enabled=True))
call("!! encryption", lambda: wa.set_business_public_key("x"))
call("!! migrate templates", lambda: wa.migrate_templates(about["foreign_id"]))
call(
    "!! compare",
    lambda: wa.compare_templates(
        "123456789012345",
        "123456789012346",
        start=datetime.datetime(2026, 1, 1),
        end=datetime.datetime(2026, 2, 1),
    ),
)
call("!! unpause", lambda: wa.unpause_template("123456789012345"))
