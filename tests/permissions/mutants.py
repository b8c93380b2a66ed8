"""Does a test fail when one filter or one permission is forgotten? Takes them away one at a time.

    N=0 .venv/bin/pytest -q -s tests/permissions/test_mutants.py     N= how many, 0 all; SEED=
    MUTANT=messaging/views/contacts.py:88:business_id .venv/bin/pytest -p tests.permissions.mutants

A mutant is the same function without one filter: its code is put in the place of the original in
the running process, so the database, the world and the addresses are made once for all of them.
"""

import ast
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType

ROOT = Path(__file__).parents[2]
# What narrows rows to a business, a key's app, or a person, as keywords of these calls.
CALLS = {"filter", "get", "get_object_or_404"}
OF_BUSINESS = {
    "business", "business_id", "app", "app__business", "case__business", "profile__business",
    "profile__business_id", "scope_id", "subscription__business", "token__app", "user",
    "removed_at", "revoked_at",
}  # fmt: skip
OF_PERSON = {"person_id", "profile_id"}
# Rows that are reached through their business: `business.campaigns` for `Campaign.objects`.
RELATED = {
    "apps", "audiences", "campaigns", "cases", "invitations", "invoices", "link_requests",
    "memberships", "notices", "profiles", "templates", "verifications",
}  # fmt: skip
EDGES = (
    "*/views/*.py", "messaging/api/*.py", "messaging/v1/*.py", "messaging/inbox/views/*.py",
    "profiles/tenancy.py", "messaging/services/media.py", "messaging/services/people/chats.py",
    "messaging/services/conversations/handling.py",
    "messaging/services/conversations/contact_list.py", "messaging/services/webhooks/replays.py",
)  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One filter or check that is forgotten: where, and which."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.what}"

    @cached_property
    def _codes(self) -> dict[tuple[str, int], CodeType]:
        tree = ast.parse((ROOT / self.path).read_text())
        forgetting = _Forget(self)
        tree = ast.fix_missing_locations(forgetting.visit(tree))
        assert forgetting.done, f"{self} is not there"
        return dict(_codes_in(compile(tree, str(ROOT / self.path), "exec")))

    @contextmanager
    def alive(self) -> Iterator[int]:
        """The mutant in the place of the original. Gives how many functions it changed."""
        changed: list[tuple[FunctionType, CodeType]] = []
        path = str(ROOT / self.path)
        for each in [one for one in gc.get_objects() if type(one) is FunctionType]:
            old = each.__code__
            new = self._codes.get((old.co_qualname, old.co_firstlineno))
            if old.co_filename != path or new is None or new.co_freevars != old.co_freevars:
                continue
            if new.co_code != old.co_code or new.co_consts != old.co_consts:
                changed.append((each, old))
                each.__code__ = new
        try:
            yield len(changed)
        finally:
            for function, old in changed:
                function.__code__ = old


class _Forget(ast.NodeTransformer):
    def __init__(self, mutant: Mutant) -> None:
        self.mutant, self.done = mutant, False

    def visit(self, node: ast.AST) -> ast.AST:
        here = getattr(node, "lineno", 0) == self.mutant.line and not self.done
        if here and (what := _narrows(node, self.mutant.path)) and self.mutant.what in what:
            self.done = True
            return what[self.mutant.what]
        return self.generic_visit(node)


def _narrows(node: ast.AST, path: str) -> dict[str, ast.AST]:
    """What can be forgotten at this node: its name, and the node without it."""
    found: dict[str, ast.AST] = {}
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        wanted = OF_BUSINESS | (OF_PERSON if "inbox" in path or "services" in path else set())
        for each in node.keywords if name in CALLS else []:
            if each.arg in wanted:
                rest = [one for one in node.keywords if one is not each]
                found[each.arg] = ast.copy_location(ast.Call(node.func, node.args, rest), node)
    if isinstance(node, ast.Attribute) and node.attr in RELATED:
        owner = node.value
        if getattr(owner, "id", getattr(owner, "attr", "")) == "business":
            said = f"type({ast.unparse(owner)}).{node.attr}.rel.related_model._default_manager"
            found[node.attr] = ast.copy_location(ast.parse(said, mode="eval").body, node)
    if isinstance(node, ast.If) and not node.orelse and len(node.body) == 1:
        said = ast.unparse(node.body[0])
        if isinstance(node.body[0], ast.Raise) and ("PermissionDenied" in said):
            found["check"] = ast.copy_location(ast.Pass(), node)
    return found


def mutants() -> list[Mutant]:
    """All there are, in the order of the files."""
    found = []
    paths = {path for edge in EDGES for path in ROOT.glob(edge)}
    for path in sorted(paths):
        name = str(path.relative_to(ROOT))
        if {"tests", "devpeer"} & set(path.parts) or path.parts[0] == ".venv":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            found += [Mutant(name, node.lineno, what) for what in _narrows(node, name)]
    return found


def _codes_in(code: CodeType) -> Iterator[tuple[tuple[str, int], CodeType]]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield (each.co_qualname, each.co_firstlineno), each
            yield from _codes_in(each)


_kept: list[AbstractContextManager[int]] = []


def pytest_collection_finish(session) -> None:
    """As a plugin: the mutant of the environment lives for the whole run."""
    if written := os.getenv("MUTANT"):
        path, line, what = written.split(":")
        import_module(path.removesuffix(".py").replace("/", "."))
        _kept.append(Mutant(path, int(line), what).alive())  # (forgotten, it would be undone)
        changed = _kept[-1].__enter__()
        print(f"{written} lives in {changed} functions", file=sys.stderr)
