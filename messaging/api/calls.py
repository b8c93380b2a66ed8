"""One call of the Graph face: which object, which edge, by whom, with what. And who answers it.

    @edge(Profile, "messages", POST, scope=MESSAGING)
    def send(call: Call) -> dict: ...

All ids are in one namespace; what an id is decides who answers. An object is only ever looked for
within the caller's business, so another tenant's and a random id can't be told apart.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from messaging.api.errors import GraphError, unknown_node
from messaging.models import AccessToken, App, Template
from profiles.models import Business, Profile

GET, POST, DELETE = "GET", "POST", "DELETE"
MESSAGING, MANAGEMENT = AccessToken.Scope.MESSAGING, AccessToken.Scope.MANAGEMENT


@dataclass(frozen=True)
class Caller:
    """Who calls: an app, by one of its tokens or by its secret (`token` is None then)."""

    app: App
    token: AccessToken | None
    raw_in_query: str = ""  # the token, if it came in the query string: links carry it on
    asked: str = ""  # the node's id in the path, for which a profile was looked for at once
    profile: Profile | None = None  # the business's own profile of that id
    test_people: frozenset[int] = frozenset()  # of a test profile: whom it may reach

    @property
    def business(self) -> Business:
        return self.app.business

    def may_use(self, profile_id: int) -> bool:
        return (
            self.token is None
            or not self.token.profile_ids
            or (profile_id in self.token.profile_ids)
        )

    def may_reach(self, profile: Profile, person_id: int) -> bool:
        """Whether both belong to the same world: the real one, or one sandbox."""
        return not profile.is_test or person_id in self.test_people


@dataclass
class Call:
    """What a handler gets. `data` is the body over the query, without nulls."""

    request: HttpRequest
    caller: Caller
    method: str
    node: Any
    edge: str
    leaf: str
    data: dict
    now: datetime
    trace: str
    files: dict = field(default_factory=dict)

    @property
    def business(self) -> Business:
        return self.caller.business

    def absolute(self, path: str) -> str:
        """The address of a path of ours, on the host that the client called."""
        return self.request.build_absolute_uri(path)


@dataclass(frozen=True)
class Edge:
    """Who answers a method on an edge of one kind of object."""

    handler: Callable[[Call], Any]
    scope: str | None
    with_secret: bool  # an app's own secret opens it too


EDGES: dict[tuple[type[models.Model], str, str], Edge] = {}
NODES: dict[type[models.Model], Callable[[Caller], QuerySet]] = {}


def edge(
    model: type[models.Model],
    name: str,
    *methods: str,
    scope: str | None = MANAGEMENT,
    with_secret: bool = False,
) -> Callable:
    """Register who answers `methods` on the edge `name` ("" is the object itself)."""

    def register(handler: Callable[[Call], Any]) -> Callable[[Call], Any]:
        for method in methods:
            EDGES[model, name, method] = Edge(handler, scope, with_secret)
        return handler

    return register


def node(model: type[models.Model]) -> Callable:
    """Register which objects of a kind a caller may reach at all."""

    def register(reach: Callable[[Caller], QuerySet]) -> Callable[[Caller], QuerySet]:
        NODES[model] = reach
        return reach

    return register


@node(Profile)
def _profiles(caller: Caller) -> QuerySet:
    rows = Profile.objects.select_related("business").filter(
        business=caller.business, closed_at=None
    )
    if caller.token and caller.token.profile_ids:
        rows = rows.filter(pk__in=caller.token.profile_ids)
    return rows


@node(Business)
def _businesses(caller: Caller) -> QuerySet:
    return Business.objects.filter(pk=caller.business.pk)


@node(App)
def _apps(caller: Caller) -> QuerySet:
    return App.objects.select_related("business").filter(pk=caller.app.pk)


@node(Template)
def _templates(caller: Caller) -> QuerySet:
    return Template.objects.filter(business=caller.business, deleted_at=None)


def find(caller: Caller, node_id: str, edge_name: str, method: str) -> tuple[Any, Edge]:
    """The object and who answers for it. Raises GraphError, the same for foreign and for absent."""
    models_with_edge = [m for m in NODES if any((m, edge_name, v) in EDGES for v in METHODS)]
    if edge_name and not models_with_edge:
        raise GraphError(2500, message=f"Unknown path components: /{edge_name}")
    if is_node_id(node_id):
        for model in models_with_edge:
            found = _found(model, caller, node_id)
            if found is not None:
                if answer := EDGES.get((model, edge_name, method)):
                    return found, answer
                break
    raise unknown_node(node_id, method)


def is_node_id(written: str) -> bool:
    return len(written) == 15 and written.isascii() and written.isdecimal()


def _found(model: type[models.Model], caller: Caller, node_id: str) -> Any:
    if model is Profile and caller.asked == node_id:
        usable = caller.profile is not None and caller.may_use(caller.profile.pk)
        return caller.profile if usable else None
    return NODES[model](caller).filter(pk=int(node_id)).first()


METHODS = (GET, POST, DELETE)
