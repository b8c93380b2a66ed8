"""Sends a campaign by processes that die on the way, one after the other, until all is sent.

python -m tests.chaos.sender CAMPAIGN [--places claimed,chosen] [--every 3] [--mutant marks_first]

Each process is forked from this one, so a hundred deaths take no longer than the sending; it dies
by kill -9 the `every`-th time it comes by the place whose turn it is. Prints how many died where.
"""

import argparse
import json
import os
import sys
from collections import Counter
from itertools import cycle


def main(arguments: list[str]) -> int:
    options = read(arguments)
    import django

    django.setup()
    import tests.chaos.mutants  # noqa: F401  (here once, not in each process)

    deaths: Counter[str] = Counter()
    for place in cycle(options.places):
        child = os.fork()
        if child == 0:
            send(options, place)
            os._exit(0)
        _pid, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            print(json.dumps(deaths), flush=True)
            return os.waitstatus_to_exitcode(status)
        deaths[place] += 1
    return 1


def read(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("campaign", type=int)
    parser.add_argument("--places", type=lambda text: text.split(","), default=["nowhere"])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--mutant")
    return parser.parse_args(arguments)


def send(options: argparse.Namespace, place: str) -> None:
    from messaging import crash
    from messaging.models import Campaign
    from messaging.services.campaigns import delivery
    from tests.chaos.mutants import MUTANTS

    crash._name, crash._left = place, options.every
    if options.mutant:
        delivery._send_chunk = MUTANTS[options.mutant]
    campaign = Campaign.objects.get(pk=options.campaign)
    delivery.run_campaign(campaign)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
