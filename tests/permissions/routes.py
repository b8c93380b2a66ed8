"""Every address of the project, from the URL resolver, and the face that it belongs to."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.urls import URLPattern, get_resolver
from django.urls.converters import get_converters

# What anybody may read without being anybody. A new page that strangers can read is named here.
PUBLIC = {
    "account_inactive", "account_login", "account_logout", "account_request_login_code",
    "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key_done", "account_signup", "api_docs", "api_schema", "docs",
    "docs_page", "front", "healthz", "inbox_door", "inbox_manifest", "inbox_offline",
    "inbox_worker", "mfa_login_webauthn", "platform_schema", "pricing", "profile_logo",
    "profile_public",
    "registry", "registry_consistency", "registry_entries", "registry_head", "registry_inclusion",
    "registry_profile", "socialaccount_login_cancelled", "socialaccount_login_error", "styleguide",
    "transparency", "transparency_csv", "transparency_json", "transparency_of",
}  # fmt: skip
# What opens to who holds a secret of its own in the address, or signs the body.
BY_SECRET = {
    "invitation", "inbox_link", "inbox_stop_adverts", "link", "link_account",
    "link_account_picture", "link_picture",
    "media_file", "pay", "pay_complain", "pay_return", "stripe_connect_webhook", "stripe_webhook",
}  # fmt: skip
FACES = {
    "w/<slug:slug>/": "business",
    "w/": "account",
    "account/": "account",
    "admin/": "staff",
    "m/": "person",
    "api/v1/": "management",
    "platform/": "platform",
    "demo/": "demo",
}


@dataclass(frozen=True)
class Route:
    """One address. `values` names what stands in it, with the converter of each."""

    name: str
    pattern: str
    view: Callable
    values: dict[str, str]

    @property
    def face(self) -> str:
        if self.name in PUBLIC:
            return "public"
        if self.name in BY_SECRET:
            return "secret"
        if self.name in ("graph", "graph_elsewhere"):
            return "cloud"
        found = (face for start, face in FACES.items() if self.pattern.startswith(start))
        return next(found, "unknown")

    @property
    def roles(self) -> tuple[str, ...] | None:
        """Which members the view lets in; None where it does not say."""
        return getattr(self.view, "roles", None)

    def path(self, values: dict[str, object]) -> str:
        """The address with these values; what is not among them is of nobody."""
        path = self.pattern
        for name, kind in self.values.items():
            path = path.replace(f"<{kind}:{name}>", str(values.get(name, NOBODYS[kind])))
        path = re.sub(
            r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)",
            lambda m: str(values.get(m[1], NOBODYS.get(m[1], NOBODYS["regex"]))),
            path,
        )
        return "/" + re.sub(r"[\^$]|/\?|\(\?:\.\*\)", "", path).replace("//", "/")


NOBODYS = {
    "slug": "nobody",
    "str": "999999999999",
    "int": "999999999999999",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "path": "nobody",
    "regex": "999999999999",
    # By name, where a regular expression says how it looks.
    "id": "00000000-0000-4000-8000-000000000000",
    "pk": "999999999999999",
    "profile_id": "999999999999999",
    "number": "999999999999",
}


def routes() -> list[Route]:
    """All of them."""
    return list(_walk(get_resolver(), ""))


def _walk(resolver, start: str) -> Iterator[Route]:
    for each in resolver.url_patterns:
        pattern = start + str(each.pattern)
        if not isinstance(each, URLPattern):
            yield from _walk(each, pattern)
            continue
        kinds = {name: _kind(kind) for name, kind in each.pattern.converters.items()}
        yield Route(each.name or pattern, pattern, each.callback, kinds)


def _kind(converter: object) -> str:
    return next(name for name, known in get_converters().items() if type(known) is type(converter))
