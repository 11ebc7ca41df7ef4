"""Where a page lies on the web: its name, the parameters that stand in the path, the others as a query."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from qiantang.kernel.pages.declaring import Page
from qiantang.kernel.pages.values import Address


class Addresses:
    """The paths of the pages there are."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self._pages = pages

    def route(self, page: Page) -> str:
        """The path pattern of a page."""
        return "/" + "/".join((page.name, *(f"{{{name}}}" for name in page.path)))

    def path(self, address: Address) -> str:
        """The path and query of an address; a page that is not there (a domain not installed) leads to the front."""
        page = self._pages.get(address.page)
        if page is None:
            return "/"
        asked = dict(address.asked)
        inside = [quote(asked.pop(name, "-"), safe="") for name in page.path]
        query = urlencode([(name, value) for name, value in asked.items() if value])
        return "/" + "/".join((page.name, *inside)) + (f"?{query}" if query else "")
