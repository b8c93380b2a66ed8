"""Who may knock where: every route of the project x everybody x what it names.

The routes are the URL resolver's; who may is written down by hand in allowed.py, and held against
what the views say and do. Strangers get 404, as if there were no such business. A new page of a
business, or call of the API, needs a row there; what strangers may read is named in routes.PUBLIC.
"""

import json
import re

import pytest

from messaging.api.calls import EDGES
from messaging.services.integrators.keys import ROLES, create_token
from tests.permissions.actors import CANARY, World
from tests.permissions.allowed import CALLS, PAGES, READING, SCOPES, differences
from tests.permissions.routes import Route, routes

ROUTES = routes()
OF_BUSINESS = [route for route in ROUTES if route.face == "business"]
MANAGEMENT = [r for r in ROUTES if r.face == "management" and r.name != "v1-lost"]
METHODS = ("get", "post")
# What only Acme's own pages and answers may say: its things by name, and who works there.
ACMES = re.compile(rf"{CANARY}[ _/]acme|acme\.example|alice@", re.IGNORECASE)

pytestmark = pytest.mark.django_db
VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """One world for the whole table; nothing in it is changed by who may not."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


def ask(client, method: str, path: str, **options):
    return getattr(client, method)(path, **options)


def reads(answer) -> bool:
    """Whether the answer has a word in it that is Acme's own."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return CANARY.lower().encode() in body.lower()


def test_every_route_has_its_place_in_the_table():
    nowhere = [route.pattern for route in ROUTES if route.face == "unknown"]
    assert set(nowhere) <= {"csp-report/"}, "Say in routes.py who may read these."
    silent = [route.pattern for route in OF_BUSINESS if route.roles is None]
    assert not silent, "Pages of a business go through in_business(roles=…)."
    assert len(OF_BUSINESS) > 60 and len(MANAGEMENT) > 40


def test_views_let_in_whom_the_table_names():
    """Nobody widens a page, or adds one, without saying so in the table."""
    said = {route.name: route.roles for route in OF_BUSINESS}
    assert len(said) == len(OF_BUSINESS), "Two addresses have one name."
    assert not (found := differences(said, PAGES)), found


def test_a_view_that_lets_in_others_is_found():
    said = {route.name: route.roles for route in OF_BUSINESS}
    team = {"team": (*said["team"], "agent")}
    (found,) = differences(said | team, PAGES)
    assert found.startswith("team: the view says")
    (found,) = differences(said | {"attic": ("owner",)}, PAGES)
    assert found.startswith("attic: new")
    del said["team"]
    assert differences(said, PAGES) == ["team: there is no such address any more; take it out."]


def test_calls_ask_for_the_scopes_that_the_table_names():
    said = {route.name: route.view.cls.noun for route in MANAGEMENT}
    assert not (found := differences(said, CALLS)), found
    reading = {
        route.name
        for route in MANAGEMENT
        if route.view.actions.get("post") in route.view.cls.reading
    }
    assert reading == READING
    assert not (found := differences(dict(ROLES), SCOPES)), found


def test_strangers_find_no_page_of_a_business(world):
    leaks, cells = [], 0
    anonymous = world.client(None)
    clients = {name: world.client(user) for name, user in world.strangers.items()}
    for route in OF_BUSINESS:
        path = route.path(world.acme.values(route))
        for method in METHODS:
            answer = ask(anonymous, method, path)
            cells += 1
            if answer.status_code not in (302, 405) or reads(answer):
                leaks.append(("anonymous", method, path, answer.status_code))
            for name, client in clients.items():
                if method == "post" and name.startswith("staff"):
                    continue  # the superuser stands for them
                answer = ask(client, method, path)
                cells += 1
                if answer.status_code not in (404, 405) or reads(answer):
                    leaks.append((name, method, path, answer.status_code))
    print(f"\n{len(OF_BUSINESS)} routes, {cells} cells, {len(leaks)} leaks")
    assert not leaks, leaks[:20]


def test_members_are_let_in_by_their_role(world):
    wrong = []
    for role, user in world.members.items():
        client = world.client(user)
        for route in OF_BUSINESS:
            path, may = route.path(world.acme.values(route)), role in PAGES.get(route.name, ())
            status = client.get(path).status_code
            if (status == 403) == may and status != 405 or status >= 500:
                wrong.append((role, "get", path, status))
            if not may and (status := client.post(path).status_code) not in (403, 405):
                wrong.append((role, "post", path, status))
    assert not wrong, wrong[:20]


def test_what_is_anothers_is_not_found_through_ones_own_pages(world):
    """Mallory, in her own business, names things of Acme's: the same bytes as for what is not."""
    client, wrong, seen = world.client(world.mallory), [], 0
    mine = {"slug": world.elsewhere.business.slug, "handle": world.elsewhere.profile.handle}
    for route in OF_BUSINESS:
        foreign = {
            name: value
            for name, value in world.acme.values(route).items()
            if name in route.values and name not in mine
        }
        if not foreign:
            continue
        seen += 1
        for method in METHODS:
            path, random = route.path(foreign | mine), route.path(mine)
            answers = [ask(client, method, each) for each in (path, random)]
            bodies = [
                same(answer, each) for answer, each in zip(answers, (path, random), strict=True)
            ]
            if answers[0].status_code not in (404, 405) or bodies[0] != bodies[1]:
                wrong.append((method, path, _first_difference(*bodies)))
    assert seen > 20
    assert not wrong, wrong[:20]


def test_ones_own_pages_show_nothing_of_anothers(world):
    """Mallory goes through her own business: what is Acme's, made before hers, is in no list."""
    client, shown = world.client(world.mallory), []
    for route in OF_BUSINESS:
        path = route.path(world.elsewhere.values(route))
        answer = client.get(path)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if answer.status_code >= 500 or ACMES.search(body.decode("utf-8", "replace")):
            shown.append((path, answer.status_code))
    assert not shown, shown[:20]


def _first_difference(one: tuple[int, str], other: tuple[int, str]) -> object:
    lines = zip(one[1].splitlines(), other[1].splitlines(), strict=False)
    return next((pair for pair in lines if pair[0] != pair[1]), (one[0], other[0]))


def same(answer, path: str) -> tuple[int, str]:
    """Status and body without what differs by chance: the address itself, and random words."""
    body = answer.content.decode().replace(path, "PATH")
    for value in path.strip("/").split("/"):
        body = body.replace(value, "X") if len(value) > 9 else body
    body = re.sub(r'(csrfmiddlewaretoken" value="|csrf-token" content=")[^"]+', r"\1", body)
    body = re.sub(r'"X-CSRFToken": "[^"]+"', "", body)
    body = re.sub(r"nonce-[\w-]+|\b[0-9a-f]{32}\b|\b[0-9a-f]{16}\b", "", body)
    body = re.sub(r'"(trace|fbtrace_id)": ?"[^"]+"', "", body)
    return answer.status_code, body


def test_what_is_not_a_businesss_page_is_shut_as_well(world):
    """Staff's pages, people's pages, the platform's API: for nobody who is not one of them."""
    shut = {
        "staff": {"anonymous": None, "owner": world.alice},
        "person": {"anonymous": None, "owner": world.alice},
        "platform": {"anonymous": None, "owner": world.alice},
        "account": {"anonymous": None},
        "secret": {"anonymous": None, "owner of another": world.mallory},
        "demo": {"anonymous": None},
    }
    leaks = []
    for face, actors in shut.items():
        for name, user in actors.items():
            client = world.client(user)
            for route in (each for each in ROUTES if each.face == face):
                path = route.path({})
                answer = client.get(path)
                if answer.status_code == 200 and not is_door(answer) or reads(answer):
                    leaks.append((face, name, path, answer.status_code))
    assert not leaks, leaks[:20]


def is_door(answer) -> bool:
    """Whether it only asks who is there, or says that a link is no good."""
    words = ("sign in", "log in", "login", "link", "expired", "cancel", "password", "unknown")
    return any(word in answer.content.decode("utf-8", "replace").lower() for word in words)


def test_a_person_opens_no_page_of_a_business(world):
    client, leaks = world.person(), []
    for route in OF_BUSINESS:
        answer = client.get(route.path(world.acme.values(route)))
        if answer.status_code not in (302, 405) or reads(answer):
            leaks.append((route.pattern, answer.status_code))
    assert not leaks, leaks[:20]


# The management API


def v1(client, verb: str, path: str, key: str):
    return client.generic(
        verb,
        path,
        b"{}",
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"} if key else {},
    )


@pytest.fixture
def no_limits(settings):
    settings.API_CALLS_A_SECOND = 100_000


def test_keys_open_their_own_business_by_scope_and_nothing_else(world, no_limits):
    client, leaks, cells = world.client(None), [], 0
    bare = create_token(world.acme.app, name="bare", by=world.alice, scopes=[])[1]
    for route in MANAGEMENT:
        path = route.path(world.acme.values(route))
        random = route.path({})
        for verb in VERBS:
            for name, key, allowed in (
                ("no key", "", (401,)),
                ("revoked", world.acme.revoked_key, (401,)),
                ("without scopes", bare, (403, 405)),
            ):
                answer = v1(client, verb, path, key)
                cells += 1
                if route.name == "v1-me" and key == bare:
                    continue  # whose key it is, any key may ask
                if answer.status_code not in allowed or reads(answer):
                    leaks.append((name, verb, path, answer.status_code))
            answer = v1(client, verb, path, world.elsewhere.key)
            cells += 1
            said = [answer]
            if verb == "GET":
                own = route.path(world.elsewhere.values(route))
                said.append(v1(client, verb, own, world.elsewhere.key))
            for each in said:
                if ACMES.search(each.content.decode()):
                    leaks.append(("another's", verb, path, each.status_code))
            if path != random and same(answer, path) != same(
                v1(client, verb, random, world.elsewhere.key), random
            ):
                leaks.append(("another's, bytes", verb, path, answer.status_code))
    print(f"\n{len(MANAGEMENT)} routes, {cells} cells, {len(leaks)} leaks")
    assert not leaks, leaks[:20]


# The Cloud-API compatible face


def test_another_businesss_nodes_are_as_good_as_none(world, no_limits):
    client, leaks, cells = world.client(None), [], 0
    nodes = [
        world.acme.business.pk, world.acme.profile.pk, world.acme.app.pk, world.acme.template.pk,
    ]  # fmt: skip
    edges = sorted({(edge, method) for _model, edge, method in EDGES})
    for node in nodes:
        for edge, method in edges:
            answers = []
            for each in (node, 999999999999999):
                path = f"/v23.0/{each}/{edge}"
                answer = v1(client, method, path, world.elsewhere.key)
                answers.append((answer.status_code, answer.content.decode().replace(str(each), "")))
                cells += 1
            (status, body), (_status, absent) = answers
            error = json.loads(body)["error"]
            body, absent = (re.sub(r'"fbtrace_id": "[^"]+"', "", each) for each in (body, absent))
            if (status, error["code"], error.get("error_subcode")) != (400, 100, 33):
                leaks.append((method, edge, status, error))
            if body != absent or CANARY in body:
                leaks.append((method, edge, body, absent))
            if v1(client, method, f"/v23.0/{node}/{edge}", "").status_code != 401:
                leaks.append(("no token", method, edge))
    print(f"\n{len(edges)} edges, {cells} cells, {len(leaks)} leaks")
    assert not leaks, leaks[:5]


def test_a_route_that_forgets_to_ask_is_found(world):
    """The table can fail: the same page without its decorator is a leak."""
    route = next(route for route in OF_BUSINESS if route.name == "campaigns")
    bare = Route(route.name, route.pattern, route.view.__wrapped__.__wrapped__, route.values)
    assert bare.roles is None and route.roles
