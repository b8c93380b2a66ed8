"""One port for the browser: /events/ is served here, all else by Django's WSGI on threads."""

import os
from typing import Any, cast

from a2wsgi import WSGIMiddleware

from portal.wsgi import application as pages

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from portal.base.live import stream  # noqa: E402  (needs the settings)

threaded_pages = WSGIMiddleware(cast(Any, pages), workers=int(os.getenv("WEB_THREADS", "16")))


async def application(scope, receive, send):
    if scope["type"] == "http" and scope["path"] == "/events/":
        await stream(scope, receive, send)
        return

    async def received():  # a2wsgi wants a coroutine; the server gives another awaitable
        return await receive()

    await threaded_pages(scope, received, send)
