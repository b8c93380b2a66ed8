"""{% nav as sections %}: the sidebar of the page's business."""

from django import template

from portal import navigation

register = template.Library()


@register.simple_tag(takes_context=True)
def nav(context) -> list[navigation.Section]:
    """The sections of the sidebar, from the context's business, request and counts."""
    business = context.get("business")
    if not business:
        return []
    request = context.get("request")
    return navigation.sections(
        business.slug, path=request.path if request else "", counts=context.get("counts")
    )
