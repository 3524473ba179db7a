"""Plays a user's browser: follows redirects, signs in, decides, stops at the client's redirect URI."""

from html.parser import HTMLParser
from urllib.parse import urljoin

import requests


def answer(url, redirect_uri, username="johndoe", password="secret", decision="allow"):
    """Opens the authorization URL as this user; the URL that the server sends the browser back to."""
    typed = {"username": username, "password": password, "decision": decision}
    with requests.Session() as browser:  # it keeps the cookies
        page = browser.get(url, allow_redirects=False, timeout=10)
        for _ in range(10):
            if "location" in page.headers:
                target = urljoin(page.url, page.headers["location"])
                if target.startswith(redirect_uri):
                    return target
                page = browser.get(target, allow_redirects=False, timeout=10)
            else:
                action, fields = _fill(page, typed)
                page = browser.post(action, data=fields, allow_redirects=False, timeout=10)
    raise AssertionError(f"the server asks without end, at last at {page.url}")


def _fill(page, typed):
    """The first form of the page that asks for something we would type or press, filled in."""
    parser = _Forms()
    parser.feed(page.text)
    for action, fields in parser.forms:
        if fields.keys() & {"password", "decision"}:
            entered = {name: typed.get(name, value) for name, value in fields.items()}
            return urljoin(page.url, action), entered
    raise AssertionError(f"{page.status_code} {page.url} has no form for us:\n{page.text}")


class _Forms(HTMLParser):
    """The forms of a page: where each goes, and the value of each field and button by its name."""

    def __init__(self):
        super().__init__()
        self.forms = []
        self._fields = None

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "form":
            self._fields = {}
            self.forms.append((attributes.get("action", ""), self._fields))
        elif tag in ("input", "button") and self._fields is not None and "name" in attributes:
            self._fields[attributes["name"]] = attributes.get("value", "")

    def handle_endtag(self, tag):
        if tag == "form":
            self._fields = None
