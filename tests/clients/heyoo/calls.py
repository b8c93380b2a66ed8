"""Every call of heyoo. It raises nothing of its own: it returns the answer, error and all.

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

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
from heyoo import WhatsApp  # noqa: E402

about = json.load(sys.stdin)
wa = WhatsApp(about["access_token"], phone_number_id=about["profile_id"])
wa.base_url = about["base_url"] + "/v14.0"
wa.v15_base_url = about["base_url"] + "/v15.0"
wa.url = f"{wa.base_url}/{about['profile_id']}/messages"
to = about["wa_id"]
folder = pathlib.Path(tempfile.mkdtemp())
picture = folder / "shop.png"
picture.write_bytes(base64.b64decode(about["png"]))
kept = {}


def call(name, function, *, keep=None):
    try:
        result = function()
        if keep:
            kept[keep] = result
        outcome, detail = "ok", json.dumps(result)[:300]
        if isinstance(result, dict) and "error" in result:
            outcome, detail = "api error", f"{result['error']['code']} {result['error']['message']}"
        elif result is None:
            outcome, detail = "broken", "None"
    except Exception:
        outcome, detail = "broken", traceback.format_exc()[-1500:]
    print(json.dumps({"call": name, "outcome": outcome, "detail": detail}), flush=True)


call("text", lambda: wa.send_message("Hello", to))
call("reply", lambda: wa.reply_to_message(about["message_id"], to, "Yes"))
call("reaction", lambda: wa.send_reaction("👍", about["message_id"], to))
call("template", lambda: wa.send_template("hello_world", to, components=[], lang="en_US"))
call("location", lambda: wa.send_location(-23.55, -46.63, "Shop", "Rua Augusta", to))
call("image by link", lambda: wa.send_image(about["png_link"], to))
call("upload", lambda: wa.upload_media(str(picture)), keep="media")
call("image by id", lambda: wa.send_image(kept["media"]["id"], to, link=False))
call("media address", lambda: wa.query_media_url(kept["media"]["id"]), keep="url")
call("download", lambda: wa.download_media(kept["url"], "image/png", str(folder / "got")))
call("document", lambda: wa.send_document(about["pdf_link"], to, caption="Read"))
call("audio", lambda: wa.send_audio(about["ogg_link"], to))
call("video", lambda: wa.send_video(about["mp4_link"], to, caption="See"))
call("sticker", lambda: wa.send_sticker(about["webp_link"], to))
call(
    "contacts",
    lambda: wa.send_contacts(
        [
            {
                "name": {"formatted_name": "Bob B", "first_name": "Bob", "last_name": None},
                "phones": [{"phone": "+5511999", "type": "WORK"}],
                "birthday": "2000-01-31",
            }
        ],
        to,
    ),
)
call(
    "list",
    lambda: wa.send_button(
        {
            "header": "Header",
            "body": "Body",
            "footer": "Footer",
            "action": {
                "button": "Open",
                "sections": [
                    {"title": "One", "rows": [{"id": "1", "title": "Row", "description": ""}]}
                ],
            },
        },
        to,
    ),
)
call(
    "buttons",
    lambda: wa.send_reply_button(
        {
            "type": "button",
            "body": {"text": "Coming?"},
            "action": {"buttons": [{"type": "reply", "reply": {"id": "y", "title": "Yes"}}]},
        },
        to,
    ),
)
call(
    "own json",
    lambda: wa.send_custom_json(
        {"messaging_product": "whatsapp", "type": "text", "text": {"body": "Hi"}}, to
    ),
)
call("mark as read", lambda: wa.mark_as_read(about["message_id"]))
call("delete media", lambda: wa.delete_media(kept["media"]["id"]))
call("! unknown person", lambda: wa.send_message("Hello", "999111111111111"))
call("! no such template", lambda: wa.send_template("none", to, components=[]))
