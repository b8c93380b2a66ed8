from audience.models.consent import Block, Budget, Consent
from audience.models.people import Person, PersonIdRange, PersonKey

__all__ = ["Block", "Budget", "Consent", "Person", "PersonIdRange", "PersonKey"]
