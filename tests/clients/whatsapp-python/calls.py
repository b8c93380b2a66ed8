"""Every call of whatsapp-python. Its addresses are fixed, so what carries its requests leads them
to ours; what it asks of others when it starts is answered with nothing.

Reads what it needs as JSON from stdin; prints one line of JSON for each call.
"""

import base64
import json
import logging
import pathlib
import sys
import tempfile
import traceback
import warnings

import requests
from requests.adapters import HTTPAdapter

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
from whatsapp import WhatsApp, errors  # noqa: E402

about = json.load(sys.stdin)


class ToUs(HTTPAdapter):
    def send(self, request, **options):
        request.url = request.url.replace("https://graph.facebook.com", about["base_url"])
        if request.url.startswith(about["base_url"]):
            return super().send(request, **options)
        nothing = requests.Response()
        nothing.status_code, nothing.url, nothing.request = 200, request.url, request
        return nothing


init = requests.Session.__init__


def init_to_us(session):
    init(session)
    session.mount("https://", ToUs())
    session.mount("http://", ToUs())


requests.Session.__init__ = init_to_us

wa = WhatsApp(
    about["access_token"], {"shop": about["profile_id"]}, update_check=False, version="v22.0"
)
to = about["wa_id"]
folder = pathlib.Path(tempfile.mkdtemp())
picture = folder / "shop.png"
picture.write_bytes(base64.b64decode(about["png"]))
heard = json.loads(base64.b64decode(about["webhook_body"]))
kept = {}
ERRORS = tuple(set(errors.pairings.values()))


def call(name, function, *, keep=None):
    try:
        result = function()
        if keep:
            kept[keep] = result
        outcome, detail = "ok", repr(result)[:300]
        if result is None or (isinstance(result, dict) and "error" in result):
            outcome = "api error" if result else "broken"
    except ERRORS as error:
        outcome, detail = "api error", repr(error)
    except Exception:
        outcome, detail = "broken", traceback.format_exc()[-1500:]
    print(json.dumps({"call": name, "outcome": outcome, "detail": detail}), flush=True)


def equal(found, expected):
    assert found == expected, found
    return found


call("authorized", lambda: equal(wa.authorized, True))
call("text", lambda: wa.create_message(to=to, content="Hello").send())
call("upload", lambda: wa.upload_media(str(picture)), keep="media")
call("media address", lambda: wa.query_media_url(kept["media"]["id"]), keep="url")
call("download", lambda: wa.download_media(kept["url"], "image/png", str(folder / "got")))
call("image by id", lambda: wa.send_image(kept["media"]["id"], to, caption="Shop", link=False))
call("image by link", lambda: wa.send_image(about["png_link"], to))
call("document", lambda: wa.send_document(about["pdf_link"], to, caption="Read"))
call("audio", lambda: wa.send_audio(about["ogg_link"], to))
call("video", lambda: wa.send_video(about["mp4_link"], to, caption="See"))
call("sticker", lambda: wa.send_sticker(about["webp_link"], to))
call("location", lambda: wa.send_location("-23.55", "-46.63", "Shop", "Rua Augusta", to))
call("template", lambda: wa.send_template("hello_world", to))
call(
    "contacts",
    lambda: wa.send_contacts(
        [
            {
                "addresses": [{"street": "Rua Augusta", "city": "São Paulo", "type": "HOME"}],
                "birthday": "2000-01-31",
                "emails": [{"email": "bob@acme.example", "type": "WORK"}],
                "name": {"formatted_name": "Bob B", "first_name": "Bob"},
                "org": {"company": "Acme"},
                "phones": [{"phone": "+5511999", "type": "WORK"}],
                "urls": [{"url": "https://acme.example", "type": "WORK"}],
            }
        ],
        to,
    ),
)
ROWS = [{"id": "1", "title": "Row", "description": ""}]
call(
    "list",
    lambda: wa.send_button(
        {
            "header": "Header",
            "body": "Body",
            "footer": "Footer",
            "action": {"button": "Open", "sections": [{"title": "One", "rows": ROWS}]},
        },
        to,
    ),
)
BUTTONS = [{"type": "reply", "reply": {"id": "y", "title": "Yes"}}]
call(
    "buttons",
    lambda: wa.send_reply_button(
        {"type": "button", "body": {"text": "Coming?"}, "action": {"buttons": BUTTONS}}, to
    ),
)
call(
    "own json",
    lambda: wa.send_custom_json(
        {"messaging_product": "whatsapp", "type": "text", "text": {"body": "Hi"}}, to
    ),
)
call("is a message", lambda: equal(wa.is_message(heard), True))
call("who wrote", lambda: equal(wa.get_mobile(heard), to))
call("their name", lambda: equal(bool(wa.get_name(heard)), True))
call("what they wrote", lambda: equal(wa.get_message(heard), "Olá 👋"))
call("mark as read", lambda: wa.create_message(data=heard).mark_as_read())
call("react", lambda: wa.create_message(id=about["message_id"], to=to).react("👍"))
call("reply", lambda: wa.create_message(data=heard).reply("Yes"))
call("delete media", lambda: wa.delete_media(kept["media"]["id"]))
call("! unknown person", lambda: wa.create_message(to="999111111111111", content="Hi").send())
call("! closed window", lambda: wa.send_location("1", "1", "", "", about["closed"]))
call("! no such template", lambda: wa.send_template("none", to))
call("! no such media", lambda: wa.query_media_url("123456789012345"))
call("!! product", lambda: wa.send_button({"type": "product", "body": "x", "action": {}}, to))
