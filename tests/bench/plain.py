"""The same campaign as one hand-written statement a chunk: what the database can do at most.

python -m tests.bench.plain COUNTRY PROFILE BUSINESS CAMPAIGN CHUNKS    a process of its own

No Django, no Celery, no ledger of chunks, no counters, no live events, no rules. Two processes take
turns; each commits about as many people as a chunk of ours.
"""

import os
import sys
from datetime import UTC, datetime

import psycopg

STATEMENT = """
with matching as (
  select p.person_id, coalesce(p.ads_per_week, 7) as allowed from audience_person p
   where p.country = %(country)s and p.bucket = any(%(buckets)s)
     and p.marketing and p.birth_year <= %(born)s
     and (p.quiet_from is null or mod(extract(hour from %(now)s at time zone p.time_zone)::int
          - p.quiet_from + 24, 24) >= mod(p.quiet_until - p.quiet_from + 24, 24))
     and not exists (select from audience_block k
                      where k.person_id = p.person_id and k.profile_id = %(profile)s)
     and not exists (select from audience_consent n
                      where n.person_id = p.person_id and n.scope_id in (0, %(business)s)
                        and n.kind in ('marketing', 'business_marketing') and not n.granted)),
claimed as (
  insert into audience_budget as b (person_id, week, n, allowed)
  select person_id, %(week)s, 1, allowed from matching where allowed > 0 order by person_id
  on conflict (person_id, week) do update set n = b.n + 1, allowed = excluded.allowed
   where b.n < excluded.allowed
  returning person_id),
sent as (
  insert into messaging_message (person_id, id, profile_id, campaign_id, direction, kind,
                                 message_class, status, created_at)
  select person_id, %(campaign)s, %(profile)s, %(campaign)s, 'out', 'template', 'marketing', 'sent',
         %(now)s from claimed order by person_id
  on conflict do nothing returning person_id),
chats as (
  insert into messaging_conversation as v
    (person_id, profile_id, business_id, last_id, last_at, last_body, unread, business_last_body,
     business_unread, state)
  select person_id, %(profile)s, %(business)s, %(campaign)s, %(now)s, 'Hello from our shop.', 1, '',
         0, 'open' from sent order by person_id
  on conflict (person_id, profile_id) do update set last_id = excluded.last_id,
    last_at = excluded.last_at, last_body = excluded.last_body, unread = v.unread + 1
  returning 1)
select count(*) from chats
"""


def main(country: str, profile: str, business: str, campaign: str, chunks: str) -> None:
    now = datetime.now(UTC)
    year, week, _day = now.isocalendar()
    values = {
        "country": country,
        "profile": int(profile),
        "business": int(business),
        "campaign": int(campaign),
        "born": now.year - 19,
        "week": year * 100 + week,
        "now": now,
    }
    sent = 0
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        print("ready", flush=True)
        sys.stdin.readline()  # all begin at once
        for chunk in chunks.split(","):
            low, _dash, high = chunk.partition("-")
            buckets = list(range(int(low), int(high)))
            row = connection.execute(STATEMENT, values | {"buckets": buckets}).fetchone()
            sent += row[0] if row else 0
    print(sent)


if __name__ == "__main__":
    main(*sys.argv[1:])
