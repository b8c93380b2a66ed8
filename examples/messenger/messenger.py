"""A messenger on Signet: it brings its members in, takes what businesses send them, and tells what
they do about it. See README.md.
"""

import os
import sys
import threading
import time
from dataclasses import asdict
from http.server import ThreadingHTTPServer
from pathlib import Path

from book import Book
from members import MEMBERS, Rates, make_members, reactions
from signet import Failed, Signet
from site_pages import pages
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

AT_ONCE = 500  # events in a call
LONGEST_WAIT = 30.0  # seconds, when Signet is away


class Messenger:
    """The parts together."""

    def __init__(self, signet: Signet, book: Book, secret: str, rates: Rates, pace: float) -> None:
        self.signet, self.book, self.pace = signet, book, pace
        self.webhook = Webhook(secret)
        self.default_rates = rates

    @property
    def rates(self) -> Rates:
        return self.book.rates(self.default_rates)

    def set_rates(self, rates: Rates) -> None:
        self.book.keep("rates", asdict(rates))

    def bring_members_in(self, n: int) -> None:
        """Load the members once; again from the start if that was interrupted: it does no harm."""
        if self.book.kept("brought in") == n:
            return
        self.book.keep_members(list(make_members(n)))
        while True:
            try:
                result = self.signet.load_people(make_members(n))
                break
            except Failed as failure:  # it may still be starting
                print(f"Members can't come in yet: {failure}", file=sys.stderr, flush=True)
                time.sleep(2)
        print(f"{result['added']:,} members are new, {result['known']:,} known", flush=True)
        self.book.keep("brought in", n)

    def take(self, body: bytes, headers: dict[str, str]) -> dict | None:
        """A batch of the gateway: kept before it is answered. None where the signature is wrong."""
        try:
            batch = self.webhook.verify(body, headers)
        except WebhookVerificationError:
            return None
        messages = batch["messages"]
        known = self.book.languages({message["person"] for message in messages})
        ours = [message for message in messages if message["person"] in known]
        rates = self.rates
        plans = [
            reactions(one, known[one["person"]], rates, pace=self.pace, seed=one["id"])
            for one in ours
        ]
        self.book.take(ours, plans)
        return {"rejected": [{"id": m["id"]} for m in messages if m["person"] not in known]}

    def tell_for_ever(self) -> None:
        """Tell Signet what is due, in order; what it did not answer is told again."""
        pause = 0.5
        while True:
            try:
                while self.tell():
                    pass
                pause = 0.5
            except Failed as failure:
                pause = min(pause * 2, LONGEST_WAIT)
                print(f"Signet can't be told: {failure}", file=sys.stderr, flush=True)
            time.sleep(pause)

    def tell(self) -> int:
        """One call with what is due. Returns how many events. Raises Failed."""
        due = self.book.due_events(AT_ONCE)
        if due:
            results = self.signet.tell([event for _number, event in due])
            self.book.events_told(due, results)
        return len(due)


def main() -> None:
    setting = os.environ.get
    port = int(setting("MESSENGER_PORT", "8005"))
    rates = Rates(
        read=float(setting("MESSENGER_READ", "0.7")),
        reply=float(setting("MESSENGER_REPLY", "0.04")),
        complain=float(setting("MESSENGER_COMPLAIN", "0.004")),
        report=float(setting("MESSENGER_REPORT", "0.4")),
    )
    messenger = Messenger(
        Signet(os.environ["SIGNET_URL"], os.environ["SIGNET_KEY"]),
        Book(setting("MESSENGER_DATA", str(Path(__file__).with_name("messenger.sqlite3")))),
        os.environ["SIGNET_GATEWAY_SECRET"],
        rates,
        float(setting("MESSENGER_PACE", "1")),
    )
    members = int(setting("MESSENGER_MEMBERS", str(MEMBERS)))
    for work in (lambda: messenger.bring_members_in(members), messenger.tell_for_ever):
        threading.Thread(target=work, daemon=True).start()
    server = ThreadingHTTPServer(("127.0.0.1", port), pages(messenger))
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main()
