"""A browser without JavaScript that visits several sites, and notes where it has been."""
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests

from .browser import Page
from .people import APP


class Traveler:
    def __init__(self, *ends: str):
        """`ends`: addresses of applications, at which a journey ends."""
        self.ends = ends or (APP.redirect_uri.rpartition("/")[0],)
        self.session = requests.Session()
        self.visited: list[str] = []

    def open(self, url: str, form: dict | None = None) -> requests.Response:
        """To a page, or to an application: then the answer has `arrival`, its parameters."""
        for _ in range(24):
            self.visited.append(url)
            response = self.session.request("GET" if form is None else "POST", url, data=form, allow_redirects=False, timeout=60)
            location = response.headers.get("Location")
            if location is None:
                return response
            url, form = urljoin(response.url, location), None
            if url.startswith(self.ends):
                response.target, response.arrival = url, dict(parse_qsl(urlsplit(url).query))
                return response
        raise AssertionError(f"redirected in circles: {self.visited}")

    def submit(self, response: requests.Response, **values: str) -> requests.Response:
        """Sends the first form that takes these values, or that a page would send by itself."""
        assert response.status_code == 200, f"{response.url}: {response.status_code} {response.text[:600]}"
        forms = [form for form in Page(response.text).forms if form.method == "post"]
        form = next((form for form in forms if all(name in form.fields or (name, value) in form.buttons for name, value in values.items())),
                    None)
        assert form, f"{response.url} has no form for {values}: {response.text[:3000]}"
        return self.open(urljoin(response.url, form.action) if form.action else response.url, form.fields | values)

    def visits(self, prefix: str) -> list[str]:
        return [url for url in self.visited if url.startswith(prefix)]

    @staticmethod
    def parameters(url: str) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(url).query))
