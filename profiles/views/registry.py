"""The public registry: is this sender real, and the log that proves what we said before."""

import json

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from profiles.badges import badge_of
from profiles.models import Profile, RegistryEntry
from profiles.search import find_profiles
from profiles.services.registry import (
    current_head,
    head_as_text,
    prove_consistency,
    prove_inclusion,
)

PAGE = 500  # entries in one answer


def registry(request: HttpRequest) -> HttpResponse:
    """/registry/: paste a handle, a link or a name."""
    asked = request.GET.get("q", "").strip()
    found, alike = find_profiles(asked) if asked else (None, [])
    return render(
        request,
        "profiles/registry.html",
        {
            "asked": asked,
            "answers": [(one, badge_of(one)) for one in ([found] if found else alike)],
            "is_exact": found is not None,
            "head": current_head(),
        },
    )


def history_of(profile: Profile) -> list[RegistryEntry]:
    """The public entries about the profile and its business, newest first."""
    return list(
        RegistryEntry.objects.filter(
            business_id=profile.business_id, handle__in=("", profile.handle)
        ).order_by("-index")[:50]
    )


@require_GET
def profile_json(request: HttpRequest, handle: str) -> JsonResponse:
    """/registry/<handle>.json: the same for programs."""
    profile = Profile.objects.select_related("business").filter(
        handle=handle.lower(), closed_at=None, is_test=False
    ).first()  # fmt: skip
    if profile is None:
        return _json({"error": "No profile has this handle."}, status=404)
    badge = badge_of(profile)
    return _json(
        {
            "handle": profile.handle,
            "name": profile.name,
            "verified": badge.shown,
            "says": badge.sentence,
            "legal_name": badge.legal_name,
            "country": badge.country,
            "checked": badge.checked,
            "since": badge.since.isoformat() if badge.since else None,
            "until": badge.until.isoformat() if badge.until else None,
            "asked_at": timezone.now().isoformat(timespec="seconds"),
            "page": request.build_absolute_uri(reverse("profile_public", args=[profile.handle])),
            "history": [json.loads(entry.leaf) for entry in history_of(profile)],
        }
    )


@require_GET
def log_head(request: HttpRequest) -> JsonResponse:
    """The signed end of the log."""
    return _json(head_as_text(current_head()))


@require_GET
def log_entries(request: HttpRequest) -> JsonResponse:
    """Entries from `start`, at most PAGE of them, with their leaves as they were hashed."""
    start = _number(request, "start")
    entries = RegistryEntry.objects.filter(index__gte=start).order_by("index")[:PAGE]
    return _json({"start": start, "leaves": [entry.leaf for entry in entries]})


@require_GET
def log_inclusion(request: HttpRequest) -> JsonResponse:
    """Proof that entry `index` is among the first `size`."""
    index, size = _number(request, "index"), _number(request, "size")
    try:
        return _json({"index": index, "size": size, "path": prove_inclusion(index, size)})
    except ValueError as error:
        return _json({"error": str(error)}, status=400)


@require_GET
def log_consistency(request: HttpRequest) -> JsonResponse:
    """Proof that the log of `second` entries begins with that of `first`."""
    first, second = _number(request, "first"), _number(request, "second")
    try:
        return _json({"first": first, "second": second, "path": prove_consistency(first, second)})
    except ValueError as error:
        return _json({"error": str(error)}, status=400)


def _number(request: HttpRequest, name: str) -> int:
    value = request.GET.get(name, "")
    if not value.isascii() or not value.isdigit() or len(value) > 15:
        raise Http404
    return int(value)


def _json(said: dict, *, status: int = 200) -> JsonResponse:
    """For anyone, from any page: the registry is public."""
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=30"}
    options = {"ensure_ascii": False, "indent": 1}
    return JsonResponse(said, status=status, headers=headers, json_dumps_params=options)
