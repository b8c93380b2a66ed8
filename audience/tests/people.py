"""People for tests: one row each, adult, in São Paulo, with consent, unless said otherwise."""

from datetime import UTC, date, datetime

from audience.models import Consent, Person, PersonIdRange, PersonKey, bucket_of

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # noon in São Paulo


def make_person(person_id: int, **values: object) -> Person:
    """A person with the key and the consent row that an import would write."""
    values = {
        "external_id": f"user-{person_id}",
        "name": f"Person {person_id}",
        "country": "BR",
        "region": "BR-SP",
        "birth_year": 1990,
        "tier": Person.Tier.MIDDLE,
        "language": "pt",
        "time_zone": "America/Sao_Paulo",
        "marketing": True,
        "joined": date(2026, 1, 1),
        "bucket": bucket_of(person_id),
    } | values
    PersonIdRange.objects.get_or_create(id=1, defaults={"next_id": 1_000_000})
    person = Person.objects.create(person_id=person_id, **values)
    PersonKey.objects.create(external_id=person.external_id, person_id=person_id)
    if person.marketing:
        Consent.objects.create(
            person_id=person_id,
            kind=Consent.Kind.MARKETING,
            granted=True,
            wording="2026-01",
            source="import",
            at=datetime(2026, 1, 1, tzinfo=UTC),
        )
    return person
