"""The style guide and the pages for errors, in a real browser."""

import pytest

from portal.styleguide import PAGES


@pytest.fixture
def debug(settings):
    settings.DEBUG = True


@pytest.mark.parametrize("name", PAGES)
def test_every_part_is_sound_in_every_state(visit, debug, name):
    visit(f"/styleguide/{name}/", name=f"styleguide-{name}")


def test_the_style_guide_is_not_there_outside_development(client, db):
    assert client.get("/styleguide/").status_code == 404
