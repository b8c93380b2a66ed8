"""The linter against 200 texts of our own: what it takes each for, what it would let through."""

from collections import Counter
from pathlib import Path

import pytest

from messaging.models import Template
from messaging.services.templates import components as parts
from messaging.services.templates.linter import lint

Category = Template.Category
TEXTS = Path(__file__).parent / "data" / "template_texts.txt"
FORBIDDEN = "forbidden"


def labelled() -> list[tuple[str, str]]:
    """(label, text) of every line."""
    label, found = "", []
    for line in TEXTS.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            label = line.strip("[]")
        elif line and not line.startswith("#"):
            found.append((label, line))
    return found


def report_on(text: str, category: str):
    examples = [f"example {n}" for n, _name in enumerate(parts.variables(text))]
    body = {"type": "BODY", "text": text}
    if examples:
        body["example"] = {"body_text": [examples]}
    return lint([body], category=category)


def test_there_are_two_hundred_in_four_languages():
    texts = [text for _label, text in labelled()]
    assert len(texts) == len(set(texts)) == 200


def test_the_category_is_predicted(capsys):
    table = Counter(
        (label, report_on(text, label).predicted)
        for label, text in labelled()
        if label != FORBIDDEN
    )
    with capsys.disabled():
        print(f"\n{'label / predicted':>18}", *(f"{name:>15}" for name in Category.values))
        for label in Category.values:
            print(f"{label:>18}", *(f"{table[label, name]:>15}" for name in Category.values))
    right = sum(n for (label, predicted), n in table.items() if label == predicted)
    assert right / table.total() >= 0.9
    # An advert that would go out as something else, without a person having read it.
    assert sum(table[Category.MARKETING, name] for name in Category.values[1:]) <= 3


def test_words_that_speak_for_a_category_are_quoted_from_the_text():
    for label, text in labelled():
        for word in report_on(text, Category.MARKETING).reasons:
            assert word in text, label


@pytest.mark.parametrize("category", Category.values)
def test_nothing_with_a_forbidden_element_is_approved(category):
    let_through = [
        text
        for label, text in labelled()
        if label == FORBIDDEN and report_on(text, category).is_clear
    ]
    assert not let_through


def test_most_honest_texts_need_nobody(capsys):
    honest = [(label, text) for label, text in labelled() if label != FORBIDDEN]
    clear = sum(report_on(text, label).is_clear for label, text in honest)
    with capsys.disabled():
        print(f"\n{clear} of {len(honest)} honest texts are approved by the linter alone")
    assert clear / len(honest) >= 0.6


def test_words_that_say_nothing_wait_for_a_person():
    for category in Category.values:
        assert not report_on("Something came up, call me.", category).is_clear


def test_a_link_in_the_text_waits_for_a_person_and_one_on_a_button_does_not():
    text = "Your order {{1}} has been shipped, see"
    assert not report_on(f"{text} https://shop.example/where today.", "UTILITY").is_clear
    body = {"type": "BODY", "text": f"{text} below.", "example": {"body_text": [["4711"]]}}
    link = {"type": "URL", "text": "Where is it?", "url": "https://shop.example/where"}
    report = lint([body, {"type": "BUTTONS", "buttons": [link]}], category="UTILITY")
    assert report.is_clear


def test_the_words_of_honest_senders_are_seldom_risks():
    doubted = [
        text for label, text in labelled() if label != FORBIDDEN and report_on(text, label).risks
    ]
    assert len(doubted) <= 5, doubted
