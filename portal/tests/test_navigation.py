"""The sidebar: what is there, and where one is."""

import pytest
from django.http import HttpResponse
from django.urls import path

from portal.navigation import sections


def page(request, slug):
    return HttpResponse()


urlpatterns = [
    path("w/<slug:slug>/", page, name="business_home"),
    path("w/<slug:slug>/inbox/", page, name="business_inbox"),
    path("w/<slug:slug>/team/", page, name="team"),
]


@pytest.fixture(autouse=True)
def three_places(settings):
    settings.ROOT_URLCONF = __name__


def test_only_places_that_exist_are_shown():
    shown = [[entry.key for entry in section.entries] for section in sections("acme")]
    assert shown == [["home", "inbox"], ["team"]]


@pytest.mark.parametrize(
    ("path", "key"),
    [("/w/acme/", "home"), ("/w/acme/inbox/7/", "inbox"), ("/w/acme/settings/", "home")],
)
def test_the_closest_place_is_the_current_one(path, key):
    current = [
        entry.key
        for section in sections("acme", path=path)
        for entry in section.entries
        if entry.is_current
    ]
    assert current == [key]


def test_elsewhere_no_place_is_current():
    found = sections("acme", path="/account/2fa/")
    assert not any(entry.is_current for section in found for entry in section.entries)


def test_a_number_stands_beside_its_place():
    first = sections("acme", counts={"inbox": 4})[0]
    assert [entry.count for entry in first.entries] == [0, 4]
