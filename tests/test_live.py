"""What is announced reaches every stream. How fast and how cheap: `make bench GROUP=live`."""

import pytest

from tests.bench import live

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


def test_every_open_stream_hears_and_stays_cheap(processes):
    address = live.start_events(processes)
    megabytes, heard = live.memory_of_streams(processes, "events", address, 60)
    assert heard == 60
    assert megabytes <= live.MEGABYTES
