import pytest

from tests.fuzz.world import Site


@pytest.fixture
def site(processes, tmp_path):
    """The real web server on a filled database."""
    return Site(processes, tmp_path)
