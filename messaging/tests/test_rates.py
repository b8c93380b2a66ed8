"""The plan's rate of messages holds however many send at once."""

import threading
from unittest import mock

from django.test import TransactionTestCase

from messaging.services.integrators import rates
from messaging.services.integrators.rates import WINDOW, TooFast, take_message
from messaging.tests.cast import make_business


class RateRaceTests(TransactionTestCase):
    def test_of_fifty_sends_at_once_the_plans_rate_passes_and_no_more(self):
        _business, profile = make_business("acme")
        barrier, passed = threading.Barrier(50), []

        def send(n: int) -> None:
            barrier.wait()
            try:
                take_message(profile, n)
                passed.append(n)
            except TooFast:
                pass

        # Ten a window by the plan; all fifty within one window.
        rate = 10 / WINDOW
        with (
            mock.patch.dict(rates._plans, {profile.business_id: (float("inf"), rate)}),
            mock.patch.object(rates.time, "time", return_value=1_800_000_000.0),
        ):
            threads = [threading.Thread(target=send, args=[n]) for n in range(50)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        self.assertEqual(len(passed), 10)
