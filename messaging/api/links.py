"""/{profile}/message_qrdls: links and QR codes that begin a chat."""

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from messaging.api.calls import DELETE, GET, POST, Call, edge
from messaging.api.errors import GraphError
from messaging.api.fields import one_of, text
from messaging.api.selection import asked
from messaging.models import MessageLink
from messaging.services.linking.links import (
    address_of,
    change_link,
    create_link,
    delete_link,
    qr_code,
)
from profiles.models import Profile

FORMS = ("PNG", "SVG")
TYPES = {"png": "image/png", "svg": "image/svg+xml"}
LISTED = 1000


@edge(Profile, "message_qrdls", GET)
def get_links(call: Call) -> dict:
    """All links, or with a code one."""
    rows = call.node.links.filter(deleted_at=None).order_by("-created_at")
    if code := call.leaf or str(call.data.get("code") or ""):
        rows = rows.filter(code=code)
        if not rows:
            raise _unknown()
    return {"data": [_shown(call, link, _form_asked(call)) for link in rows[:LISTED]]}


@edge(Profile, "message_qrdls", POST)
def post_links(call: Call) -> dict:
    """Make a link; with a code, change its words."""
    words = text(call.data, "prefilled_message", most=140)
    form = ""
    if call.data.get("generate_qr_image"):
        form = one_of(call.data, "generate_qr_image", FORMS).lower()
    if code := call.leaf or str(call.data.get("code") or ""):
        link = change_link(_link(call, code), prefilled_message=words, by=None)
    else:
        link = create_link(call.node, prefilled_message=words, by=None)
    return _shown(call, link, form)


@edge(Profile, "message_qrdls", DELETE)
def delete_links(call: Call) -> dict:
    """Take a link away."""
    delete_link(_link(call, call.leaf or str(call.data.get("code") or "")), by=None)
    return {"success": True}


def _link(call: Call, code: str) -> MessageLink:
    link = (
        MessageLink.objects.select_related("profile__business")
        .filter(code=code, profile=call.node, deleted_at=None)
        .first()
    )
    if link is None:
        raise _unknown()
    return link


def _unknown() -> GraphError:
    return GraphError(100, _("There is no such code."), subcode=33)


def _form_asked(call: Call) -> str:
    """`fields=qr_image_url.format(SVG)` asks for the picture, too."""
    if "qr_image_url" not in asked(call.data):
        return ""
    return "svg" if "SVG" in str(call.data.get("fields")).upper() else "png"


def _shown(call: Call, link: MessageLink, form: str) -> dict:
    shown = {
        "code": link.code,
        "prefilled_message": link.prefilled_message,
        "deep_link_url": address_of(link),
    }
    if form:
        path = reverse("link_picture", kwargs={"code": link.code, "form": form})
        shown["qr_image_url"] = call.absolute(path)
    return shown


@require_safe
def link_picture(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """The QR code as a picture; no secret, it is printed on posters."""
    if form not in TYPES:
        raise Http404
    link = get_object_or_404(MessageLink, code=code, deleted_at=None)
    response = HttpResponse(qr_code(link, form), content_type=TYPES[form])
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return response


@require_safe
def link_follow(request: HttpRequest, code: str) -> HttpResponse:
    """A person scanned the code: to the chat, with the words to begin with."""
    link = get_object_or_404(
        MessageLink.objects.select_related("profile"),
        code=code,
        deleted_at=None,
        profile__closed_at=None,
    )
    words = urlencode({"text": link.prefilled_message})
    return redirect(f"{reverse('chat', kwargs={'handle': link.profile.handle})}?{words}")
