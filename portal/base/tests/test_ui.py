"""Money, times and faces as pages write them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from portal.base.templatetags import ui

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        (84_000, "eur", "€840.00"),
        (-150, "USD", "−$1.50"),
        (500, "JPY", "¥500"),
        (123_456, "KWD", "KWD\u00a0123.456"),
        (1_000_000_00, "BRL", "R$1,000,000.00"),
        (None, "EUR", ""),
    ],
)
def test_money_is_written_in_the_currencys_own_unit(amount, currency, written):
    assert ui.money(amount, currency) == written


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(hours=30), "yesterday"),
        (timedelta(days=11), "12 Nov"),
        (timedelta(days=400), "19 Oct 2025"),
        (timedelta(hours=-2), "14:00"),
    ],
)
def test_times_are_relative_below_a_day(before, words):
    assert ui.words_since(NOON - before, now=NOON) == words


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Dana Whitfield", "DW"), ("mika@example.org", "M"), ("Ana de la Cruz", "AC"), ("", "?")],
)
def test_initials_stand_for_a_name(name, letters):
    assert ui.initials(name) == letters


def test_a_name_keeps_its_tint():
    assert ui.tint("Acme") == ui.tint("Acme")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("(X11; Linux x86_64) Chrome/140.0 Safari/537.36", "Chrome on Linux"),
        ("(Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("(iPhone; like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("curl/8.5", "curl/8.5"),
    ],
)
def test_a_browser_is_called_by_its_name(said, words):
    assert ui.browser(said) == words


def render(template: str, **context) -> str:
    return Template("{% load ui %}" + template).render(Context(context))


def test_names_are_escaped_in_charts():
    drawn = render("{% bar_chart days series 'Sent' %}", days=["<b>"], series=[("<i>", [1])])
    assert "<b>" not in drawn
    assert "&lt;b&gt;" in drawn


def test_sorting_by_the_same_column_again_turns_it_around():
    request = RequestFactory().get("/", {"sort": "sent", "q": "x", "page": "3"})
    assert 'href="?sort=-sent&amp;q=x"' in render("{% sort_link 'sent' 'Sent' %}", request=request)


def test_a_live_address_carries_a_ticket_and_no_topic():
    url = ui.live("business:7")
    assert url.startswith("/events/?t=")
    assert "business:7" not in url
