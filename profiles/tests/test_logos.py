"""Copies of a logo are told from other logos, whatever was done to them."""

import io
import random

from django.test import SimpleTestCase, TestCase, override_settings
from PIL import Image, ImageDraw, ImageEnhance

from profiles.logos import difference, logo_hash, logos_alike
from profiles.models import Check, ProtectedName
from profiles.services.profiles import change_logo
from profiles.tests.people import make_business, make_profile, person
from profiles.tests.test_terms import MEMORY
from profiles.tests.test_verification import handed_in

SIDE = 320


def drawn(seed: int) -> Image.Image:
    """A logo as people have them: a ground, and two to five shapes on it."""
    dice = random.Random(seed)
    colour = lambda: tuple(dice.randrange(256) for _channel in range(3))  # noqa: E731
    image = Image.new("RGB", (SIDE, SIDE), colour())
    pen = ImageDraw.Draw(image)
    for _shape in range(dice.randint(2, 5)):
        x, y = (dice.randrange(0, 220) for _axis in range(2))
        box = [x, y, x + dice.randrange(40, 200), y + dice.randrange(40, 200)]
        kind = dice.choice(["ellipse", "rectangle", "pie", "line"])
        if kind == "pie":
            pen.pieslice(box, dice.randrange(360), dice.randrange(360), fill=colour())
        elif kind == "line":
            pen.line(box, fill=colour(), width=dice.randrange(8, 40))
        else:
            getattr(pen, kind)(box, fill=colour())
    return image


def saved(image: Image.Image, form: str = "PNG", **options) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def copies(image: Image.Image) -> dict[str, bytes]:
    """What an impostor does to a logo."""
    small = image.resize((64, 64)).resize((SIDE, SIDE))
    tinted = ImageEnhance.Color(ImageEnhance.Brightness(image).enhance(1.15)).enhance(0.6)
    marked = image.copy()
    ImageDraw.Draw(marked).rectangle([290, 290, 310, 310], fill="white")
    return {
        "smaller": saved(small),
        "jpeg": saved(image, "JPEG", quality=35),
        "tinted": saved(tinted),
        "grey": saved(image.convert("L").convert("RGB")),
        "trimmed": saved(image.crop((4, 4, SIDE - 4, SIDE - 4))),
        "marked": saved(marked),
    }


class LogoTests(SimpleTestCase):
    def test_copies_are_found_and_other_logos_are_not(self):
        logos = [drawn(seed) for seed in range(150)]
        marks = [logo_hash(saved(logo)) for logo in logos]
        tried = missed = 0
        for logo, mark in zip(logos[:50], marks, strict=False):
            for copy in copies(logo).values():
                tried += 1
                missed += not logos_alike(mark, logo_hash(copy))
        pairs = wrong = 0
        for place, mark in enumerate(marks):
            for other in marks[:place]:
                pairs += 1
                wrong += logos_alike(mark, other)
        print(f"logos: {tried - missed} of {tried} copies found, {wrong} of {pairs} others taken")
        self.assertLessEqual(missed / tried, 0.05)
        self.assertLessEqual(wrong / pairs, 0.001)

    def test_an_empty_picture_is_like_nothing(self):
        blank = logo_hash(saved(Image.new("RGB", (SIDE, SIDE), "blue")))
        self.assertEqual((blank, difference(blank, blank)), ("", 64))


@override_settings(STORAGES=MEMORY)
class LogoCheckTests(TestCase):
    def test_a_copied_or_protected_logo_needs_a_person(self):
        mallory = make_business("Mallory", owner=person("mallory"))
        profile = make_profile(mallory, "mallory")
        change_logo(profile, by=None, data=copies(drawn(7))["jpeg"])
        case = handed_in(mallory, by=person("mallory"))
        self.assertEqual(case.checks.get(kind="look_alike").result, Check.Result.PASSED)
        ProtectedName.objects.create(name="Central Bank", logo_hash=logo_hash(saved(drawn(7))))
        change_logo(profile, by=None, data=copies(drawn(7))["tinted"])
        check = case.checks.get(kind="look_alike")
        self.assertEqual(check.result, Check.Result.NEEDS_PERSON)
        self.assertIn("The logo looks like that of Central Bank", check.details)

    def test_a_protected_name_needs_a_person_and_is_not_refused(self):
        ProtectedName.objects.create(name="Central Bank")
        mallory = make_business("Centra1 Bank", owner=person("mallory"))
        check = handed_in(mallory, by=person("mallory")).checks.get(kind="look_alike")
        self.assertEqual(check.result, Check.Result.NEEDS_PERSON)
