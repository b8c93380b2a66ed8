"""What was sent and answered, for pages of lower apps that show it: {% figures business as them
%}.
"""

from django import template
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _

from messaging.services.conversations.figures import Figures, chart_of, figures_of
from profiles.models import Business

register = template.Library()


@register.simple_tag
def figures(business: Business) -> Figures:
    """The last 28 days of the business."""
    return figures_of(business)


@register.simple_tag
def days_of(them: Figures) -> list[str]:
    """Labels of the chart's days."""
    return [format_date(day, "j M") for day in them.days]


@register.simple_tag
def series_of(them: Figures) -> list:
    """The chart's series."""
    return chart_of(them, sent=_("Sent"), received=_("Received"))
