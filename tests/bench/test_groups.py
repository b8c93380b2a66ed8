from tests.bench.__main__ import find_groups


def test_every_group_that_is_here_is_found():
    groups = find_groups()
    assert "campaigns" in groups
    assert all(group.__doc__ for group in groups.values())
