"""`frontend`: an operator's own templates, files, name and logo; and the languages of the pages."""
import json, re

import pytest

from support.application import authorization_url
from support.browser import Browser
from support.command import dextra, write
from support.configuration import configuration
from support.launch import running
from support.people import JANE
from support.ports import free_port
from support.server import STOP_SECONDS, Process

PNG = b"\x89PNG\r\n\x1a\n no picture, but nobody looks"

# In the manner of static/login.mustache, with values of the configuration in it.
LOGIN = """\
{{<layout}}
{{$content}}
<p id="own">Our own page for {{issuer}}: call {{extra.helpdesk}} or <a href="{{extra.help}}">read</a>. {{extra.missing}}</p>
{{#failure}}<div id="login-error">{{failure}}</div>{{/failure}}
<form method="post" action="{{postURL}}">
<label for="login">{{prompt}}</label><input id="login" name="login" value="{{username}}">
<label for="password">{{words.password}}</label><input id="password" name="password" type="password">
<button type="submit">{{words.signIn}}</button>
</form>
{{> imprint}}
{{/content}}
{{/layout}}
"""
IMPRINT = '<p id="imprint">{{words.signIn}} | {{lang}} | {{theme}} | {{static}} | {{logo}} | {{title}}</p>'
EXTRA = {"helpdesk": "+49 30 1234567 & <b>more</b>", "help": "https://help.example.com/?a=1&b=2"}


def fill(folder, files):
    """Writes files by their path below the folder, which is returned."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


FILES = {"templates/login.mustache": LOGIN, "templates/imprint.mustache": IMPRINT, "static/own.css": "b { color: red }", "static/main.css": "/* ours */",
         "themes/house/logo.png": PNG, "themes/house/styles.css": "i { color: green }", "themes/other/secret.css": "", "notes.txt": "not for the web"}
FRONTEND = {"theme": "house", "issuer": "The <House> & Co", "extra": EXTRA}


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A provider with pages of its own."""
    folder = fill(tmp_path_factory.mktemp("frontend"), FILES)
    with running(frontend=FRONTEND | {"dir": str(folder)}, logger={"level": "info"}) as server:
        yield server


def login_page(provider, headers=None, **parameters):
    answer = Browser(provider, **(headers or {})).open(authorization_url(provider, **parameters))
    assert answer.status == 200, answer.response.text
    return answer


# Templates

def test_an_own_template_replaces_the_page(own):
    answer = login_page(own)
    assert "own" in answer.page.ids and "imprint" in answer.page.ids
    assert "Our own page for The <House> & Co: call +49 30 1234567 & <b>more</b> or" in answer.page.text
    assert EXTRA["help"] in answer.page.links


def test_the_layout_and_the_other_pages_stay(own):
    assert re.search(r'<html lang="en"', login_page(own).response.text)
    assert "The <House> & Co" in login_page(own).page.text
    error = Browser(own).open(own.url("/auth?client_id=nobody"))
    assert error.status == 400 and "own" not in error.page.ids and "The <House> & Co" in error.page.text
    assert own.get("").status_code == 200


def test_what_the_configuration_says_is_text_and_no_markup(own):
    text = login_page(own).response.text
    assert "<House>" not in text and "<b>more" not in text


def test_a_partial_sees_the_names_that_a_page_sees(own):
    [shown] = re.findall(r'<p id="imprint">(.*)</p>', login_page(own).response.text)
    sign_in, lang, theme, static, logo, title = shown.split(" | ")
    assert (sign_in, lang, static, logo, title) == ("Sign in", "en", "/dex/static", "/dex/theme/logo.png", "Sign in")


def test_people_log_in_at_the_own_page(own):
    browser = Browser(own)
    refused = browser.log_in(authorization_url(own), JANE, password="a wrong password")
    assert refused.status == 401 and "login-error" in refused.page.ids and "own" in refused.page.ids
    assert refused.page.forms[0].fields["login"] == JANE.email
    assert browser.submit(refused, login=JANE.email, password=JANE.password).code


# Files

@pytest.mark.parametrize("path, content, kind", [
    ("/static/own.css", FILES["static/own.css"], "text/css"),
    ("/static/main.css", FILES["static/main.css"], "text/css"),
    ("/theme/styles.css", FILES["themes/house/styles.css"], "text/css"),
    ("/theme/logo.png", PNG, "image/png"),
])
def test_own_files_are_served(own, path, content, kind):
    answer = own.get(path)
    assert answer.status_code == 200
    assert answer.content == (content if isinstance(content, bytes) else content.encode())
    assert answer.headers["Content-Type"].split(";")[0] == kind
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_built_in_files_that_are_not_replaced_stay(own):
    assert "<svg" in own.get("/static/favicon.svg").text
    assert own.get("/robots.txt").status_code == 200


@pytest.mark.parametrize("path", [
    "/templates/login.mustache", "/static/../notes.txt", "/static/%2e%2e/notes.txt", "/static/..%2fnotes.txt", "/theme/../other/secret.css",
    "/theme/%2e%2e/other/secret.css", "/themes/house/logo.png", "/static/", "/theme/", "/notes.txt", "/static//etc/passwd",
])
def test_nothing_else_of_the_directory_is_served(own, path):
    answer = own.get(path)
    assert answer.status_code in (400, 404)
    assert "not for the web" not in answer.text and "layout" not in answer.text


# Name and logo

@pytest.mark.parametrize("logo, shown, allowed", [
    ("https://pictures.example.com/a/logo.svg", "https://pictures.example.com/a/logo.svg", "https://pictures.example.com"),
    ("/elsewhere/logo.png", "/elsewhere/logo.png", "'self'"),
    ("static/own.png", "/dex/static/own.png", "'self'"),
    ("javascript:alert(1)", "/dex/static/logo.svg", "'self'"),
    (None, "/dex/static/logo.svg", "'self'"),
], ids=str)
def test_the_pages_show_name_and_logo_without_a_directory_too(start, logo, shown, allowed):
    provider = start(frontend={"issuer": "Example & Sons", "logoURL": logo} if logo else {"issuer": "Example & Sons"})
    answer = login_page(provider)
    assert "Example & Sons" in answer.page.text
    assert re.search(r'<img src="([^"]*)"', answer.response.text)[1] == shown
    [images] = re.findall(r"img-src ([^;]*)", answer.response.headers["Content-Security-Policy"])
    assert allowed in images.split() or f"{allowed}/a/logo.svg" in images.split()


@pytest.mark.parametrize("theme, scheme", [("light", "light"), ("dark", "dark"), ("coreos", "light"), (None, "light dark")], ids=str)
def test_the_theme_decides_between_light_and_dark(start, theme, scheme):
    provider = start(frontend={"theme": theme} if theme else None)
    assert f'<meta name="color-scheme" content="{scheme}">' in login_page(provider).response.text


@pytest.mark.parametrize("files", [{"templates/imprint.mustache": "", "templates/login.mustache": LOGIN}, {"static/own.css": ""},
                                   {"themes/auto/logo.png": PNG}],
                         ids=["templates", "a static file", "a logo"])
def test_whatever_the_directory_holds_the_logo_is_there(start, tmp_path, files):
    provider = start(frontend={"dir": str(fill(tmp_path, files))})
    logo = re.search(r'<img src="/dex([^"]*)"', login_page(provider).response.text)[1]
    answer = provider.get(logo)
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("image/"), logo


def test_dex_frontend_dir_names_the_directory_as_in_dex(start, tmp_path):
    folder = fill(tmp_path, {"templates/login.mustache": LOGIN.replace("{{> imprint}}", "")})
    assert "own" in login_page(start(environment={"DEX_FRONTEND_DIR": str(folder)})).page.ids
    # What is written in the file wins.
    written = start(environment={"DEX_FRONTEND_DIR": "/nowhere"}, frontend={"dir": str(folder)})
    assert "own" in login_page(written).page.ids


# Languages

def language(answer):
    return re.search(r'<html lang="([^"]*)"', answer.response.text)[1]


LANGUAGES = {"de": "Anmelden", "fr": "Se connecter", "es": "Iniciar sesión", "ja": "サインイン", "zh": "登录", "en": "Sign in"}


@pytest.mark.parametrize("tag, words", LANGUAGES.items(), ids=LANGUAGES)
def test_each_language_is_chosen_by_header_and_by_parameter(provider, tag, words):
    for answer in (login_page(provider, {"Accept-Language": tag}), login_page(provider, ui_locales=tag),
                   login_page(provider, {"Accept-Language": "en"}, ui_locales=tag)):
        assert language(answer).split("-")[0] == tag
        assert words in answer.page.text


@pytest.mark.parametrize("header, tag", [
    ("de-AT", "de"), ("DE-at", "de"), ("zh-Hant-TW, en;q=0.1", "zh"), ("fr-CA, en;q=0.5", "fr"), ("it, pt;q=0.9, es;q=0.8, en;q=0.1", "es"),
    ("en;q=0.4, ja;q=0.9", "ja"), ("de;q=0, fr;q=0.1", "fr"), ("en-US,en;q=0.9,de;q=0.8", "en"),
    ("it", "en"), ("*", "en"), ("", "en"), ("tlh, *;q=0.5", "en"), (";;;q=,,\"", "en"), ("de" * 5000, "en"), ("deu", "en"),
], ids=lambda value: value[:30])
def test_accept_language_is_read_as_rfc_9110_says(provider, header, tag):
    assert language(login_page(provider, {"Accept-Language": header})).split("-")[0] == tag


@pytest.mark.parametrize("locales, header, tag", [
    ("fr-CA fr en", "de", "fr"), ("it de", "fr", "de"), ("it tlh", "fr", "fr"), ("it tlh", None, "en"), ("<script>", "ja", "ja"),
], ids=str)
def test_ui_locales_come_before_the_header(provider, locales, header, tag):
    """OpenID Connect Core §3.1.2.1: in the order of preference; what is not known is no error."""
    assert language(login_page(provider, {"Accept-Language": header} if header else None, ui_locales=locales)).split("-")[0] == tag


def test_the_language_stays_after_a_wrong_password(provider):
    refused = Browser(provider).log_in(authorization_url(provider, ui_locales="fr"), JANE, password="a wrong password")
    assert refused.status == 401 and language(refused) == "fr"


def test_an_error_speaks_the_language_of_the_browser(provider):
    assert language(Browser(provider, **{"Accept-Language": "de"}).open(provider.url("/auth?client_id=nobody"))) == "de"


def test_own_templates_speak_all_languages(own):
    page = login_page(own, {"Accept-Language": "de"})
    assert language(page) == "de" and "Anmelden | de |" in page.page.text


# What cannot be shown does not start

# Name → (files, the file that must be named, words of the message)
BROKEN = {
    "a Go template": ({"templates/login.html": '{{ template "header.html" . }}'}, "login.html", ("login.mustache",)),
    "a Go template by another name": ({"templates/login.mustache": '<p>\n{{ template "header.html" . }}'}, "login.mustache", ("line 2", "Go")),
    "an open section": ({"templates/login.mustache": "<p>\n</p>\n{{#failure}}"}, "login.mustache", ("line 3",)),
    "a wrong end": ({"templates/error.mustache": "<p>\n{{#title}}\n{{/tilte}}"}, "error.mustache", ("line 3",)),
    "an open tag": ({"templates/approval.mustache": "<p>\n{{title"}, "approval.mustache", ("line 2",)),
    "a partial that is not there": ({"templates/login.mustache": "\n\n{{> header}}"}, "login.mustache", ("line 3", "header")),
    "partials without end": ({"templates/login.mustache": "{{> a}}", "templates/a.mustache": "\n{{> a}}"}, "a.mustache", ("line 2",)),
    "a page that does not exist": ({"templates/logn.mustache": "<p>"}, "logn.mustache", ("login",)),
    "other delimiters": ({"templates/login.mustache": "\n{{=<% %>=}}"}, "login.mustache", ("line 2",)),
}


def start_with(folder, **frontend):
    return dextra("serve", write(folder, json.dumps(configuration(free_port(), frontend=frontend))))


@pytest.mark.parametrize("files, name, words", BROKEN.values(), ids=BROKEN)
def test_a_template_that_cannot_be_used_stops_the_start_and_is_named(tmp_path, files, name, words):
    result = start_with(tmp_path, dir=str(fill(tmp_path / "pages", files)))
    assert 0 < result.code < 128, result.text
    for word in (name, *words):
        assert word in result.text, result.text
    assert len(result.text.strip().splitlines()) == 1, "one line says why"


@pytest.mark.parametrize("frontend, word", [
    ({"dir": "nowhere"}, "nowhere"), ({"dir": "pages", "theme": "hause"}, "hause"), ({"theme": "house"}, "house"),
], ids=["no such directory", "no such theme", "a theme without a directory"])
def test_what_is_mistyped_stops_the_start_and_is_named(tmp_path, frontend, word):
    """A mistyped path must not silently bring pages that nobody asked for."""
    fill(tmp_path / "pages", {"themes/house/logo.png": PNG})
    if "dir" in frontend:
        frontend = frontend | {"dir": str(tmp_path / frontend["dir"])}
    config = write(tmp_path, json.dumps(configuration(free_port(), frontend=frontend)))
    process = Process(["serve", str(config)])
    try:
        process.wait_for_log(r"\bready\b|Error|:\d+:\d+:")
        assert "ready" not in process.log, "it started"
        assert process.process.wait(STOP_SECONDS) != 0 and word in process.log
    finally:
        process.kill()


# Pictures of connectors

def test_pictures_of_connectors_are_built_in_and_can_be_replaced(tmp_path):
    folder = fill(tmp_path, {"static/icon-corp.svg": "<svg>the company's</svg>", "static/icon-mock.svg": "<svg>a mock's</svg>"})
    connectors = [{"type": "mockCallback", "id": "corp", "name": "A"}, {"type": "mockCallback", "id": "other", "name": "B"}]
    with running(connectors=connectors, enablePasswordDB=True, frontend={"dir": str(folder)}) as server:
        page = Browser(server).open(authorization_url(server)).response.text
        sources = re.findall(r'<img class="icon" src="([^"]+)" alt=""', page)
        assert sources == ["/dex/static/icon-corp.svg", "/dex/static/icon-mock.svg", "/dex/static/icon-local.svg"]
        bodies = [server.get(source.removeprefix("/dex")) for source in sources]
        assert all(body.headers["Content-Type"] == "image/svg+xml" for body in bodies)
        assert bodies[0].text == "<svg>the company's</svg>" and bodies[1].text == "<svg>a mock's</svg>" and "<path" in bodies[2].text
