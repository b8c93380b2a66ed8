"""Names of places: {% load places %} {{ business.country|country }}."""

from django import template

from profiles.places import country_name

register = template.Library()
register.filter("country", country_name)
