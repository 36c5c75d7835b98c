import pytest
from playwright.sync_api import Page


@pytest.fixture
def paper(page) -> Page:
    """The page to draw on."""
    page.goto("/")
    return page
