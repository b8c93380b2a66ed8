"""The public profile: the business edits it, anyone reads it."""

import re

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.base.refused import Refused
from profiles.badges import badge_of
from profiles.forms import ProfileForm
from profiles.letters import changes_in_words
from profiles.models import Business, Profile
from profiles.services.changes import take_back_change, waiting_change
from profiles.services.profiles import LOGO_BYTES, change_logo, change_profile, create_profile
from profiles.tenancy import MANAGE, MemberRequest, business_page, in_business
from profiles.views.registry import history_of

LOGO_NAME = re.compile(r"[0-9a-f]{32}\.webp")


@require_http_methods(["GET", "POST"])
@in_business(roles=MANAGE)
def public_profile(request: MemberRequest, business: Business) -> HttpResponse:
    """The editor, with what people see beside it."""
    edited = business.profiles.filter(is_test=False, closed_at=None).order_by("created_at").first()
    form = ProfileForm(
        request.POST or None,
        request.FILES or None,
        instance=edited,
        initial={} if edited else {"name": business.name},
    )
    if request.method == "POST" and form.is_valid() and _save(request, business, edited, form):
        messages.success(request, _("Saved."))
        return redirect("public_profile", slug=business.slug)
    waiting = waiting_change(business)
    return business_page(
        request,
        business,
        "profiles/profile_edit.html",
        form=form,
        edited=edited,
        waiting=waiting,
        waiting_lines=changes_in_words(waiting) if waiting else [],
    )


@require_POST
@in_business(roles=MANAGE)
def change_take_back(request: MemberRequest, business: Business) -> HttpResponse:
    """Give up the change of name, logo or website that waits for a look."""
    case = waiting_change(business)
    if case is None:
        raise Http404
    try:
        take_back_change(case, by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _("Taken back. People see what they saw."))
    return redirect("public_profile", slug=business.slug)


def _save(
    request: MemberRequest, business: Business, profile: Profile | None, form: ProfileForm
) -> bool:
    """Whether all went in; a refusal is shown at its field."""
    fields = {name: value for name, value in form.cleaned_data.items() if name != "logo_file"}
    try:
        if profile is None:
            profile = create_profile(business, by=request.user, **fields)
        else:
            profile = change_profile(profile, by=request.user, **fields)
    except Refused as refusal:
        at_handle = refusal.code.startswith("handle") and "handle" in form.fields
        form.add_error("handle" if at_handle else "name", refusal.sentence)
        return False
    if file := form.cleaned_data.get("logo_file"):
        try:
            # One byte too many is enough to know; the rest of a huge file is never read.
            change_logo(profile, by=request.user, data=file.read(LOGO_BYTES + 1))
        except Refused as refusal:
            form.add_error("logo_file", refusal.sentence)
            return False
    return True


@require_GET
def profile_public(request: HttpRequest, handle: str) -> HttpResponse:
    """/b/<handle>/: who this is, and what stands behind the badge."""
    profile = (
        Profile.objects.select_related("business")
        .filter(handle=handle.lower(), closed_at=None)
        .first()
    )
    if profile is None:
        raise Http404
    context = {"profile": profile, "badge": badge_of(profile), "history": history_of(profile)}
    return render(request, "profiles/public.html", context)


@require_GET
@cache_control(public=True, max_age=31_536_000, immutable=True)
def profile_logo(request: HttpRequest, name: str) -> FileResponse:
    """A logo as we drew it. The name changes with the picture, so it may be kept for ever."""
    if not LOGO_NAME.fullmatch(name):
        raise Http404
    try:
        file = default_storage.open(f"logos/{name}")
    except FileNotFoundError:
        raise Http404 from None
    return FileResponse(file, content_type="image/webp")
