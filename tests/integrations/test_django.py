"""What a Django project gets through its pages: log-ins, sessions, resets."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import (
    authenticate,
    get_user_model,
    hashers,
    load_backend,
)
from django.core import mail
from django.test import Client, override_settings

from credguard.campaigns import Campaigns, Plan, everyone
from credguard.campaigns.states import AccountState
from credguard.errors import ResetRequiredError, StorageUnavailableError
from credguard.guard import ProofPolicy
from credguard.integrations.django.door import guard
from credguard.integrations.django.mail import DjangoMail
from forums import LETTER
from phones import code_now, seed_of

pytestmark = pytest.mark.usefixtures("site")

OLD = "the old password of alice"
NEW = "a quiet harbour at noon"
BACKEND = "credguard.integrations.django.backends.CredGuardBackend"


def member(name: str = "alice", password: str = OLD) -> Any:
    """Make a member with a hash that Django wrote before credguard came."""
    user = get_user_model().objects.create(username=name, email=f"{name}@mail.example")
    user.password = hashers.PBKDF2PasswordHasher().encode(password, "salt", 2)
    user.save()
    return user


def stored(user: Any) -> str:
    """Return what stands in the column."""
    return str(get_user_model().objects.get(pk=user.pk).password)


def log_in(client: Client, password: str, name: str = "alice") -> Any:
    """Fill in the log-in form and send it."""
    client.get("/accounts/login/")
    data = {"username": name, "password": password}
    return client.post("/accounts/login/", data)


def is_in(client: Client) -> bool:
    """Return True if the members' page greets somebody."""
    return bool(client.get("/").status_code == 200)


def swept(campaigns: Campaigns) -> str:
    """Start a campaign over everybody and sweep it."""
    plan: Plan = campaigns.plan(everyone, letter=LETTER, rate=100_000.0)
    campaign = campaigns.start(plan)
    campaigns.sweep(campaign, worker="sweeper")
    return campaign


def test_an_old_hash_lets_in_and_is_replaced() -> None:
    """Through Django's own page, and the new hash is the one that is checked next."""
    user, client = member(), Client()
    assert log_in(client, OLD).status_code == 302
    assert is_in(client)
    assert stored(user).startswith("$argon2id$")
    assert log_in(Client(), OLD).status_code == 302


def test_the_replacement_does_not_undo_what_was_stored_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Compare and set: the hash of before must still stand there."""
    user = member()
    other = guard().passwords.hash(NEW)
    verify = guard().passwords.verify

    def slow(*args: Any, **kwargs: Any) -> Any:
        found = verify(*args, **kwargs)
        get_user_model().objects.filter(pk=user.pk).update(password=other)
        return found

    monkeypatch.setattr(guard().passwords, "verify", slow)
    assert authenticate(None, username="alice", password=OLD).pk == user.pk
    assert stored(user) == other


@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_a_wrong_password_is_nobodys(name: str) -> None:
    """Neither for a known name nor for an unknown one."""
    member()
    client = Client()
    assert log_in(client, "a guess", name).status_code == 200
    assert not is_in(client)


def test_an_unknown_name_costs_what_a_known_one_costs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The door is asked for it all the same."""
    asked: list[object] = []
    log_in_as_before = guard().log_in

    def noted(*args: Any, **kwargs: Any) -> Any:
        asked.append((kwargs["account_id"], kwargs["stored"]))
        return log_in_as_before(*args, **kwargs)

    monkeypatch.setattr(guard(), "log_in", noted)
    assert authenticate(None, username="nobody", password=OLD) is None
    assert asked == [(None, None)]


def test_a_closed_account_is_not_let_in() -> None:
    """As in Django's own backend."""
    user = member()
    get_user_model().objects.filter(pk=user.pk).update(is_active=False)
    assert authenticate(None, username="alice", password=OLD) is None


def test_a_coroutine_logs_in_through_the_door_too(site: Campaigns) -> None:
    """Django's own would ask the hasher alone, and let a leaked password in."""
    user, ask = member(), async_to_sync(load_backend(BACKEND).aauthenticate)
    assert ask(None, username="alice", password=OLD) == user
    assert ask(None, username="alice", password="a guess") is None
    site.start(site.plan(everyone, letter=LETTER))
    with pytest.raises(ResetRequiredError):
        ask(None, username="alice", password=OLD)


@pytest.mark.parametrize(
    "given", [{}, {"username": "alice"}, {"password": OLD}, {"token": "x"}]
)
def test_credentials_of_another_kind_are_another_backends(
    given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is asked of the door."""
    member()

    def asked(*args: object, **kwargs: object) -> None:
        raise AssertionError(args or kwargs)

    monkeypatch.setattr(guard(), "log_in", asked)
    assert authenticate(None, **given) is None


def test_an_unreadable_hash_is_logged_and_lets_nobody_in(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Somebody has to look; the hash does not stand in the log."""
    user = member()
    get_user_model().objects.filter(pk=user.pk).update(password="gibberish")
    assert authenticate(None, username="alice", password=OLD) is None
    assert "UnreadableHashError" in caplog.text
    assert "gibberish" not in caplog.text


def test_a_reset_from_the_notice_to_the_new_password(site: Campaigns) -> None:
    """The old session ends, mail goes by Django's path, the link works once."""
    user, client = member(), Client()
    log_in(client, OLD)
    campaign = swept(site)
    assert not is_in(client)
    response = log_in(client, OLD)
    assert response.url == "/credentials/reset-required/"
    assert b"taken it out of use" in client.get(response.url).content
    site.send(campaign, DjangoMail(), worker="sender")
    [message] = mail.outbox
    token = re.search(r"reset#(\S+)", message.body)
    assert token is not None
    assert message.to == ["alice@mail.example"]
    page = client.get("/credentials/reset/")
    assert page["Referrer-Policy"] == "same-origin"
    data = {"token": token[1], "password": OLD}
    assert b"in use before" in client.post("/credentials/reset/", data).content
    data["password"] = NEW
    assert b"is set" in client.post("/credentials/reset/", data).content
    assert b"no longer works" in client.post("/credentials/reset/", data).content
    assert log_in(client, NEW).url == "/"
    assert is_in(client)
    assert stored(user).startswith("$argon2id$")
    assert site.status(campaign).counts == {AccountState.RESET_DONE: 1}


def factor_of(user: Any) -> list[str]:
    """Set a second factor up, and return what could be typed next."""
    factors = guard().second_factors
    seed = seed_of(factors.enroll(str(user.pk)).key)
    confirmed = factors.confirm(str(user.pk), code_now(seed))
    return [code_now(seed, ahead=1), *confirmed.recovery.codes]


def test_a_link_is_used_up_with_the_second_factor(
    site: Campaigns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the policy asks for it; a code is used once, whatever the password is."""
    user, client = member(), Client()
    code, *_ = factor_of(user)
    page = "/credentials/reset/"
    assert b'name="code"' not in client.get(page).content
    monkeypatch.setattr(guard(), "proofs", ProofPolicy(link_needs_factor=True))
    assert b'for="id_code"' in client.get(page).content
    site.send(swept(site), DjangoMail(), worker="sender")
    token = re.search(r"reset#(\S+)", mail.outbox[0].body)
    assert token is not None
    data = {"token": token[1], "password": NEW}
    assert b"Confirm this" in client.post(page, data).content
    assert b"is not right" in client.post(page, {**data, "code": "000000"}).content
    leaked = {**data, "password": OLD, "code": code}
    assert b"in use before" in client.post(page, leaked).content
    assert b"Confirm this" in Client().post(page, data).content
    assert b"is set" in client.post(page, {**data, "code": code}).content
    assert log_in(client, NEW).url == "/"


def test_the_old_password_and_the_second_factor_are_a_way_back(
    site: Campaigns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a factor from before the breach, and after the old password was right."""
    user, client = member(), Client()
    code, *_ = factor_of(user)
    page, required = "/credentials/reset-by-factor/", "/credentials/reset-required/"
    assert client.get(page).url == required
    swept(site)
    log_in(client, OLD)
    assert page.encode() not in client.get(required).content
    assert client.get(page).url == required
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    monkeypatch.setattr(guard(), "proofs", ProofPolicy(factors_before=tomorrow))
    log_in(client, OLD)
    assert page.encode() in client.get(required).content
    assert b"current-password" in client.get(page).content
    data = {"password": "a guess", "code": code, "new": NEW}
    assert b"is not right" in client.post(page, data).content
    data["password"] = OLD
    assert b"in use before" in client.post(page, {**data, "new": OLD}).content
    assert b"is set" in client.post(page, data).content
    assert log_in(client, NEW).status_code == 302
    assert client.get(page).url in {required, "/credentials/second-step/"}


def test_a_factor_that_counts_no_more_ends_at_the_page_that_says_so(
    site: Campaigns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator has learned meanwhile that the breach is older."""
    user, client = member(), Client()
    code, *_ = factor_of(user)
    swept(site)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    monkeypatch.setattr(guard(), "proofs", ProofPolicy(factors_before=tomorrow))
    log_in(client, OLD)
    monkeypatch.setattr(guard(), "proofs", ProofPolicy())
    data = {"password": OLD, "code": code, "new": NEW}
    page = "/credentials/reset-by-factor/"
    assert client.post(page, data).url == "/credentials/reset-required/"
    assert page.encode() not in client.get("/credentials/reset-required/").content


def test_djangos_own_reset_form_is_a_way_back(site: Campaigns) -> None:
    """The leaked password is refused there, and the next log-in settles the account."""
    member()
    campaign = swept(site)
    client = Client()
    client.post("/accounts/password_reset/", {"email": "alice@mail.example"})
    [message] = mail.outbox
    link = re.search(r"http://testserver(\S+)", message.body)
    assert link is not None
    form = client.get(link[1]).url
    for password, code in ((OLD, 200), ("The old password of alice", 200), (NEW, 302)):
        data = {"new_password1": password, "new_password2": password}
        assert client.post(form, data).status_code == code
    assert log_in(client, NEW).url == "/"
    assert site.status(campaign).counts == {AccountState.RESET_DONE: 1}


def test_a_change_in_djangos_form_keeps_this_session_and_ends_others() -> None:
    """As Django does, but the stamp too."""
    member()
    here, elsewhere = Client(), Client()
    log_in(here, OLD)
    log_in(elsewhere, OLD)
    data = {"old_password": OLD, "new_password1": NEW, "new_password2": NEW}
    assert here.post("/accounts/password_change/", data).status_code == 302
    assert is_in(here)
    assert not is_in(elsewhere)


def test_a_short_password_is_refused_in_djangos_form() -> None:
    """With the policy's sentence."""
    member()
    client = Client()
    log_in(client, OLD)
    data = {"old_password": OLD, "new_password1": "short", "new_password2": "short"}
    shown = client.post("/accounts/password_change/", data).content
    assert b"Use at least 15 characters" in shown


def test_a_swapped_session_is_logged_out_and_recorded() -> None:
    """Another browser with this one's session cookie is nobody."""
    user, client, other = member(), Client(), Client()
    log_in(client, OLD)
    other.get("/accounts/login/")
    other.cookies["sessionid"] = client.cookies["sessionid"].value
    assert not is_in(other)
    assert not is_in(client)
    now = guard().campaigns._means.clock()
    [swap] = guard().swaps.every(now - timedelta(minutes=1), now)
    assert swap.owner_id == str(user.pk)


def test_the_browsers_cookie_is_not_set_in_the_answer_to_a_log_in() -> None:
    """What swaps answers would swap both; so such a session does without."""
    member()
    client = Client()
    answer = client.post("/accounts/login/", {"username": "alice", "password": OLD})
    assert "cgbrowser" not in answer.cookies
    assert is_in(client)
    assert "cgbrowser" in client.get("/accounts/login/").cookies
    assert is_in(client)


def test_who_logs_in_by_other_means_gets_a_stamp() -> None:
    """Such as by a sign-up, or a site's own backend."""
    user, client = member(), Client()
    client.force_login(user)
    assert is_in(client)
    guard().sign_out_everywhere(str(user.pk))
    assert not is_in(client)


def test_a_session_from_before_credguard_is_over() -> None:
    """It has no stamp; nobody can tell when it began."""
    user, client = member(), Client()
    client.force_login(user)
    session = client.session
    del session["credguard"]
    session.save()
    assert not is_in(client)


def enrolled(client: Client) -> bytes:
    """Set a second factor up in the pages and return its seed."""
    shown = client.post("/credentials/second-factor/").content.decode()
    assert "<svg" in shown
    key = re.search(r"<code>([A-Z2-7 ]+)</code>", shown)
    assert key is not None
    seed = seed_of(key[1])
    wrong = client.post("/credentials/second-factor/confirm/", {"code": "000000"})
    assert b"is not right" in wrong.content
    code = {"code": code_now(seed)}
    shown = client.post("/credentials/second-factor/confirm/", code).content.decode()
    assert shown.count("<li><code>") == 10
    return seed


def test_a_second_factor_from_the_first_page_to_the_last() -> None:
    """Until the code fits, no page is shown but the one that asks for it."""
    member()
    client = Client()
    log_in(client, OLD)
    seed = enrolled(client)
    client.post("/credentials/sign-out/")
    assert not is_in(client)
    log_in(client, OLD)
    assert client.get("/?page=2").url == "/credentials/second-step/"
    assert client.post("/accounts/password_change/").url == "/credentials/second-step/"
    wrong = client.post("/credentials/second-step/", {"code": "000000"})
    assert b"is not right" in wrong.content
    code = {"code": code_now(seed, ahead=1)}
    assert client.post("/credentials/second-step/", code).url == "/?page=2"
    assert is_in(client)
    shown = client.post("/credentials/second-factor/disable/").content
    assert b"There is no second factor" in shown


def test_a_trusted_browser_is_not_asked_again() -> None:
    """Until it is forgotten."""
    user = member()
    client = Client()
    log_in(client, OLD)
    seed = enrolled(client)
    client.post("/credentials/sign-out/")
    log_in(client, OLD)
    code = {"code": code_now(seed, ahead=1), "trust": "on"}
    client.post("/credentials/second-step/", code)
    first = client.cookies["cgdevice"].value
    for _ in range(2):
        client.post("/credentials/sign-out/")
        log_in(client, OLD)
        assert is_in(client)
    assert client.cookies["cgdevice"].value != first
    other = Client()
    log_in(other, OLD)
    assert not is_in(other)
    page = "/credentials/second-factor/"
    assert b"Trusted browsers" in client.get(page).content
    [device] = guard().second_factors.devices.every(str(user.pk))
    assert b"Trusted browsers" not in client.post(page, {"forget": device.id}).content
    client.post("/credentials/sign-out/")
    log_in(client, OLD)
    assert not is_in(client)


def test_a_factor_is_not_taken_away_without_proof() -> None:
    """A session that was left open is not enough, nor for another seed."""
    member()
    client = Client()
    log_in(client, OLD)
    enrolled(client)
    session = client.session
    del session["credguard_proof"]
    session.save()
    for page in ("second-factor/", "second-factor/disable/"):
        assert b"Confirm this" in client.post(f"/credentials/{page}").content
    assert b"is in force" in client.get("/credentials/second-factor/").content


def test_a_view_that_keeps_its_request_to_itself_is_no_loss() -> None:
    """Some forums call `authenticate` without it: the browser is known all the same."""
    member()
    client = Client()
    client.get("/accounts/login/")
    data = {"username": "alice", "password": OLD}
    assert client.post("/without-request/", data).content == b"in"
    assert is_in(client)
    client.cookies["cgbrowser"] = "of another browser"
    assert not is_in(client)


def test_a_log_in_outside_of_any_request_has_no_browser() -> None:
    """Such as in a script that fills sessions for tests."""
    member()
    user = authenticate(username="alice", password=OLD)
    client = Client()
    client.get("/accounts/login/")
    client.force_login(user)
    assert is_in(client)


def test_a_backend_of_the_forums_own_finds_members_its_way() -> None:
    """Made from ours, with one method."""
    member()
    with override_settings(AUTHENTICATION_BACKENDS=["django_site.backends.OfTheForum"]):
        assert log_in(Client(), OLD, "alice@mail.example").status_code == 302
        assert log_in(Client(), OLD, "alice").status_code == 200


def test_scripts_are_answered_in_json(site: Campaigns) -> None:
    """What calls an API would follow a redirect and read a page as its data."""
    member()
    client = Client()
    log_in(client, OLD)
    enrolled(client)
    log_in(client, OLD)
    answer = client.get("/", headers={"accept": "application/json"})
    assert answer.status_code == 403
    assert answer.json()["page"] == "/credentials/second-step/"
    swept(site)
    data = {"username": "alice", "password": OLD}
    answer = Client().post(
        "/accounts/login/", data, headers={"accept": "application/json"}
    )
    assert answer.json()["code"] == "reset_required"


def test_out_everywhere() -> None:
    """All sessions of the account are over."""
    member()
    here, elsewhere = Client(), Client()
    log_in(here, OLD)
    log_in(elsewhere, OLD)
    here.post("/credentials/sign-out/", {"everywhere": "1"})
    assert not is_in(here)
    assert not is_in(elsewhere)


def test_a_database_that_is_away_is_503(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is let in, nobody is logged out, and the page says when to come back."""
    member()
    client = Client()
    log_in(client, OLD)

    def away(*args: object, **kwargs: object) -> None:
        del args, kwargs
        raise StorageUnavailableError

    monkeypatch.setattr(guard(), "check_session", away)
    monkeypatch.setattr(guard(), "log_in", away)
    assert client.post("/").status_code == 503
    assert client.get("/")["Retry-After"] == "5"
    assert log_in(Client(), OLD).status_code == 503
    monkeypatch.undo()
    assert is_in(client)


def test_a_leaked_password_is_told_to_who_asks_in_code(site: Campaigns) -> None:
    """Without the middleware the error says what is accepted."""
    member()
    swept(site)
    with pytest.raises(ResetRequiredError):
        authenticate(None, username="alice", password=OLD)
