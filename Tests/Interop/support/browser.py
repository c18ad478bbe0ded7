"""A person's browser without JavaScript: cookies, redirects taken one at a time, forms filled in."""
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests

from .people import Person
from .server import Dextra


@dataclass
class Form:
    method: str = "get"
    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """The forms, links and text of a page."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.text = ""
        self._form: Form | None = None
        self.feed(text)

    def handle_starttag(self, tag, pairs):
        attributes = {name: value or "" for name, value in pairs}
        self.ids.add(attributes.get("id", ""))
        if tag == "form":
            self._form = Form(attributes.get("method", "get").lower(), attributes.get("action", ""))
            self.forms.append(self._form)
        elif tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        elif self._form and tag in ("input", "button") and attributes.get("name"):
            if attributes.get("type") == "submit" or tag == "button":
                self._form.buttons.append((attributes["name"], attributes.get("value", "")))
            elif attributes.get("type") != "checkbox" or "checked" in attributes:
                self._form.fields[attributes["name"]] = attributes.get("value", "on" if "checked" in attributes else "")
                if attributes.get("type") == "hidden":
                    self._form.hidden.add(attributes["name"])

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None

    def handle_data(self, data):
        self.text += data


@dataclass
class Answer:
    """Where a walk through the provider ended: at a page, or at the application."""
    response: requests.Response
    #: The application's URL with the parameters, if the walk ended there.
    location: str | None = None

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def page(self) -> Page:
        return Page(self.response.text)

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters given to the application: of the query, or else of the fragment."""
        assert self.location is not None, f"no redirect to the application, but {self.status}: {self.response.text[:400]}"
        parts = urlsplit(self.location)
        pairs = parse_qsl(parts.query or parts.fragment, keep_blank_values=True)
        assert len(dict(pairs)) == len(pairs), f"a parameter stands there twice: {self.location}"
        return dict(pairs)

    @property
    def code(self) -> str:
        assert "code" in self.parameters, self.parameters
        return self.parameters["code"]


class Browser:
    def __init__(self, provider: Dextra, **headers: str):
        self.provider = provider
        self.session = requests.Session()
        self.session.verify = provider.verify
        self.session.headers.update(headers)
        self.history: list[requests.Response] = []

    def open(self, url: str, form: dict | None = None, **options) -> Answer:
        """Follows redirects as long as they stay at the provider."""
        origin = urlsplit(self.provider.issuer)[:2]
        for _ in range(12):
            response = self.session.request("GET" if form is None else "POST", url, data=form, allow_redirects=False, timeout=30,
                                            **options)
            self.history.append(response)
            location = response.headers.get("Location")
            if location is None:
                return Answer(response)
            assert response.status_code in (302, 303), f"{response.status_code} would make a browser post the password again"
            url, form = urljoin(url, location), None
            if urlsplit(url)[:2] != origin:
                return self._at_application(response, location)
        raise AssertionError(f"redirected in circles: {[r.url for r in self.history]}")

    def _at_application(self, response, location) -> Answer:
        answer = Answer(response, location)
        for name in ("code", "access_token", "id_token"):
            self.provider.keep_out_of_log(answer.parameters.get(name))
        return answer

    def submit(self, answer: Answer, **values: str) -> Answer:
        """Fills in the form of a page that takes these values, and sends it."""
        form = next((form for form in answer.page.forms if all(self._takes(form, *item) for item in values.items())), None)
        assert form, f"{answer.response.url} has no form for {list(values)}: {answer.response.text[:2000]}"
        assert form.method == "post"
        target = urljoin(answer.response.url, form.action) if form.action else answer.response.url
        return self.open(target, form.fields | values)

    @staticmethod
    def _takes(form: Form, name: str, value: str) -> bool:
        """What a person can type, tick or press; a hidden field is what it is."""
        if name in form.hidden:
            return form.fields[name] == value
        return name in form.fields or (name, value) in form.buttons

    def log_in(self, url: str, person: Person, password: str | None = None) -> Answer:
        """From an authorization URL to the application, or to the page that comes after the password."""
        self.provider.keep_out_of_log(person.password, password)
        answer = self.open(url)
        if answer.location is not None:
            return answer
        assert answer.status == 200, f"{answer.status} instead of the login form: {answer.response.text[:400]}"
        return self.submit(answer, login=person.email, password=person.password if password is None else password)

    def approve(self, answer: Answer, verdict: str = "approve") -> Answer:
        return self.submit(answer, approval=verdict)
