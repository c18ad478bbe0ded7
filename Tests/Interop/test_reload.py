"""SIGHUP: the configuration is read again, and nobody is thrown out."""
import contextlib, signal, threading
from urllib.parse import urlencode

import pytest

from support.application import authorization_url, basic, get_code, redeem, refresh, token, tokens, userinfo
from support.browser import Browser
from support.people import APP, JANE, JOHN, Client, Person
from support.raw import connect, form_request, read_response

NEW_APP = Client("new-app", "new-secret-4d5e6f70", "https://new.example.com/callback")
ANN = Person("ann@example.com", "a long enough password", "ann", "ann-id")


def test_new_clients_and_people_are_known_after_a_reload(start):
    provider = start()
    assert refresh(provider, "x", NEW_APP).status_code == 401
    provider.configuration["staticClients"].append(NEW_APP.entry())
    provider.configuration["staticPasswords"].append(ANN.entry())
    provider.reload()
    assert redeem(provider, get_code(provider, NEW_APP, ANN), NEW_APP).status_code == 200


def test_a_removed_client_and_a_removed_person_are_gone(start):
    provider = start()
    given = tokens(provider, person=JOHN)
    provider.configuration["staticClients"] = [APP.entry()]
    provider.configuration["staticPasswords"] = [JANE.entry()]
    provider.reload()
    answer = Browser(provider).log_in(authorization_url(provider), JOHN)
    assert answer.location is None and answer.status == 401
    assert refresh(provider, given["refresh_token"]).status_code == 400


def test_tokens_codes_and_half_finished_logins_live_on(start):
    provider = start()
    given, code = tokens(provider), get_code(provider)
    browser = Browser(provider)
    form = browser.open(authorization_url(provider))
    provider.reload()
    assert userinfo(provider, given["access_token"]).status_code == 200
    assert refresh(provider, given["refresh_token"]).status_code == 200
    assert redeem(provider, code).status_code == 200
    assert browser.submit(form, login=JANE.email, password=JANE.password).code


def test_a_broken_configuration_changes_nothing_and_is_named(start):
    provider = start()
    good = dict(provider.configuration)
    for broken in (good | {"storage": {"type": "floppy"}}, good | {"staticClients": "none"}, good | {"nonsense": 1}):
        provider.configuration = broken
        line = provider.reload(expecting="reload failed")
        assert line
        assert token(provider, grant_type="password", username=JANE.email, password=JANE.password, scope="openid").status_code == 200
    provider.configuration = good


def test_a_file_that_is_no_yaml_changes_nothing(start):
    provider = start()
    after = len(provider.running.lines)
    provider.file.write_text("{")
    provider.running.signal(signal.SIGHUP)
    provider.running.wait_for_log("reload failed", after=after)
    assert provider.get("/healthz").status_code == 200


def test_reloading_in_the_middle_of_traffic_fails_no_request(start):
    provider = start()
    stop, failures, count = threading.Event(), [], [0]

    def traffic():
        while not stop.is_set():
            for path in ("/.well-known/openid-configuration", "/keys", "/healthz"):
                try:
                    status = provider.get(path).status_code
                    if status != 200:
                        failures.append(status)
                except Exception as problem:
                    failures.append(problem)
                count[0] += 1
    threads = [threading.Thread(target=traffic) for _ in range(4)]
    [thread.start() for thread in threads]
    try:
        for _ in range(5):
            provider.reload()
    finally:
        stop.set()
        [thread.join() for thread in threads]
    assert not failures and count[0] >= 12


def test_sigterm_answers_what_has_begun(start):
    """A request that has arrived when the end is announced still gets its answer: rolling updates lose nothing."""
    provider = start(people=(JANE,), cost=13)
    form = urlencode({"grant_type": "password", "username": JANE.email, "password": JANE.password, "scope": "openid"}).encode()
    with contextlib.closing(connect(provider)) as busy:
        message = form_request(provider, form, headers=basic(APP) | {"Expect": "100-continue"})
        head, body = message[:-len(form)], message[-len(form):]
        busy.sendall(head)
        # The server asks for the rest: it has begun with this request.
        assert busy.recv(25).startswith(b"HTTP/1.1 100 Continue")
        provider.running.signal(signal.SIGTERM)
        busy.sendall(body)
        assert read_response(busy, "POST")[0] == 200
    provider.stop()


def test_after_sigterm_nobody_new_is_served(start):
    provider = start()
    provider.stop()
    with pytest.raises(OSError):
        connect(provider)
