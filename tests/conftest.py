"""The browser's fixtures, and its mark on every test that uses them."""

import pytest

from tests.browser import chromium, visit  # noqa: F401


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
