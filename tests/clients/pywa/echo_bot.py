"""A bot on pywa's own server: it registers its webhook by API and answers whoever writes.

Reads what it needs as JSON from stdin; ends when stdin is closed.
"""

import json
import os
import sys
import threading

from pywa import WhatsApp, types

about = json.loads(sys.stdin.readline())
wa = WhatsApp(
    phone_id=about["profile_id"],
    token=about["access_token"],
    app_id=int(about["app_id"]),
    app_secret=about["app_secret"],
    verify_token=about["verify_token"],
    callback_url=f"http://127.0.0.1:{about['bot_port']}",
    webhook_endpoint="/hook",
    webhook_fields=["messages"],
    webhook_challenge_delay=2,
)
wa.api._session.base_url = about["api_url"]


@wa.on_message()
def answer(client: WhatsApp, message: types.Message) -> None:
    message.mark_as_read()
    message.reply_text(
        f"You said: {message.text}", buttons=[types.Button("More", callback_data="more")]
    )


@wa.on_callback_button()
def more(client: WhatsApp, button: types.CallbackButton) -> None:
    button.reply_text(f"More of {button.data}")


def end_with_stdin() -> None:
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_stdin, daemon=True).start()
wa.run(port=about["bot_port"], log_level="warning")
