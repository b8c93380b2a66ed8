"""The live event streams alone, for a process of their own: `granian --interface asgi
portal.events:application`.

It knows neither pages nor tables, so it is small, and restarting the pages cuts no stream. A proxy
sends /events/ here; EVENTS_ADDRESS tells /healthz.
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from portal.base.live import stream  # noqa: E402  (needs the settings)

NOT_HERE = {"type": "http.response.start", "status": 404, "headers": []}


async def application(scope, receive, send):
    if scope["type"] == "http" and scope["path"] == "/events/":
        await stream(scope, receive, send)
    elif scope["type"] == "http":
        await send(NOT_HERE)
        await send({"type": "http.response.body", "body": b""})
