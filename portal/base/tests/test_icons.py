from django.template import engines
from django.test import SimpleTestCase

from portal.base.icons import Compiler, draw_icons

PLAIN = (
    '<c-icon name="send" />',
    '<c-icon name="send" class="s" />',
    '<c-icon class="hide-s l" name="x" label="Close" />',
    '<c-icon\n  name="x"/>',
)
WITH_VALUES = (
    '<c-icon :name="icon" />',
    '<c-icon name="{{ icon }}" />',
    """<c-icon name="x" label="{% translate 'Close' %}" />""",
    '<c-icon name="x">',
)


def render(source: str) -> str:
    return engines["django"].from_string(source).render({})


class IconTests(SimpleTestCase):
    def test_a_plain_icon_is_drawn_as_its_component_draws_it(self):
        for source in PLAIN:
            component = render(Compiler.__base__().process(source))
            self.assertHTMLEqual(draw_icons(source), component, source)
            self.assertIn("#", component)

    def test_one_with_values_is_left_to_the_component(self):
        for source in WITH_VALUES:
            self.assertEqual(draw_icons(source), source)

    def test_what_stands_around_it_stays(self):
        self.assertEqual(
            draw_icons('<b>{{ x }}</b><c-icon name="x" />{# no #}'),
            "<b>{{ x }}</b>" + draw_icons('<c-icon name="x" />') + "{# no #}",
        )

    def test_pages_use_it(self):
        loader = engines["django"].engine.template_loaders[0].loaders[0]
        self.assertIsInstance(loader.cotton_compiler, Compiler)
