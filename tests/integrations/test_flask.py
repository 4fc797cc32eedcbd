"""What a Flask application gets: log-ins, sessions, remembered people, resets."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import make_url

from credguard import Keyring
from credguard.campaigns import everyone
from credguard.campaigns.states import AccountState
from credguard.errors import KeyringError, SetupError, StorageUnavailableError
from credguard.guard import CredGuard, ProofPolicy
from credguard.integrations.flask.identities import Identity, read_identity
from credguard.integrations.flask.settings import Settings
from credguard.testing import RememberedMail
from flask_site.app import Member, credguard, db, make_app
from forums import LETTER, close_guard, token_in, werkzeug_hash
from phones import code_now, seed_of

OLD = "the old password of alice"
NEW = "a quiet harbour at noon"


@pytest.fixture
def app(sqlite_url: str) -> Iterator[Flask]:
    """The application with one member, whose hash Werkzeug wrote."""
    made = make_app(sqlite_url, Keyring.generate())
    with made.app_context():
        member = Member(
            id=1, name="alice", mail="alice@mail.example", password_hash=hashed()
        )
        db.session.add(member)
        db.session.commit()
    yield made
    with made.app_context():
        close_guard(credguard.guard)
        db.engine.dispose()


def hashed() -> str:
    """Return what stood in the column before credguard came."""
    return werkzeug_hash(OLD)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser."""
    return app.test_client()


@pytest.fixture
def door(app: Flask) -> CredGuard:
    """The application's door."""
    with app.app_context():
        return credguard.guard


def log_in(client: FlaskClient, password: str = OLD, **more: str) -> Any:
    """Fill in the log-in form and send it."""
    client.get("/log-in")
    data = {"name": "alice", "password": password, **more}
    return client.post("/log-in", data=data)


def cookie(client: FlaskClient, name: str) -> str:
    """Return a cookie that the browser has."""
    found = client.get_cookie(name)
    assert found is not None
    return found.value


def is_in(client: FlaskClient) -> bool:
    """Return True if the members' page greets somebody."""
    return bool(client.get("/").status_code == 200)


def stored(app: Flask) -> str:
    """Return what stands in the column."""
    with app.app_context():
        member = db.session.get(Member, 1)
        assert member is not None
        return member.password_hash


def test_an_old_hash_lets_in_and_is_replaced(app: Flask, client: FlaskClient) -> None:
    """By the application's own view."""
    assert log_in(client).location == "/"
    assert is_in(client)
    assert stored(app).startswith("$argon2id$")


@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_a_wrong_password_is_nobodys(client: FlaskClient, name: str) -> None:
    """Neither for a known name nor for an unknown one."""
    assert b"is not right" in log_in(client, "a guess", name=name).data
    assert not is_in(client)


def test_signing_out_everywhere_ends_remembered_browsers_too(
    client: FlaskClient, door: CredGuard, app: Flask
) -> None:
    """Flask-Login's cookie would let in long after the session."""
    log_in(client, remember="1")
    client.delete_cookie("session")
    assert is_in(client)
    door.sign_out_everywhere("1")
    assert not is_in(client)
    client.delete_cookie("session")
    assert not is_in(client)
    other = app.test_client()
    log_in(other)
    assert is_in(other)


def test_a_swapped_session_is_refused_and_recorded(
    app: Flask, client: FlaskClient, door: CredGuard
) -> None:
    """Another browser with this one's session is nobody."""
    log_in(client)
    other = app.test_client()
    other.get("/log-in")
    other.set_cookie("session", cookie(client, "session"))
    assert not is_in(other)
    assert not is_in(client)
    now = door.campaigns._means.clock()
    [swap] = door.swaps.every(now - timedelta(minutes=1), now)
    assert swap.owner_id == "1"


def test_the_browsers_cookie_is_not_in_the_answer_to_a_log_in(
    client: FlaskClient,
) -> None:
    """And a session that began without one goes on without."""
    answer = client.post("/log-in", data={"name": "alice", "password": OLD})
    assert "cgbrowser" not in str(answer.headers.getlist("Set-Cookie"))
    assert is_in(client)
    client.get("/log-in")
    assert client.get_cookie("cgbrowser") is not None
    assert is_in(client)


def test_who_is_let_in_by_other_means_has_a_stamp(
    client: FlaskClient, door: CredGuard
) -> None:
    """Such as by another site's sign-in."""
    client.post("/let-in", data={"id": "1"})
    assert is_in(client)
    door.sign_out_everywhere("1")
    assert not is_in(client)


@pytest.mark.parametrize("written", ["1", "", "+x:1", "-x:", "?+:1", "+", None, 1])
def test_an_identity_that_is_none_is_nobodys(
    client: FlaskClient, written: str | None
) -> None:
    """Such as one from before the extension came."""
    with client.session_transaction() as session:
        session["_user_id"] = written
    assert not is_in(client)


@pytest.mark.parametrize("has_browser", [False, True])
@pytest.mark.parametrize("waits", [False, True])
def test_an_identity_is_read_back(*, has_browser: bool, waits: bool) -> None:
    """Whatever the account is called."""
    for account_id in ("1", "a:b", "?+x", "\n"):
        made = Identity(account_id, "stamp", has_browser=has_browser, waits=waits)
        assert read_identity(made.to_text()) == made


def enrolled(client: FlaskClient) -> bytes:
    """Set a second factor up in the pages and return its seed."""
    page = "/credentials/second-factor"
    assert b"There is no second factor" in client.get(page).data
    shown = client.post(page, data={"ask": "enroll"}).text
    assert "<svg" in shown
    key = re.search(r"<code>([A-Z2-7 ]+)</code>", shown)
    assert key is not None
    seed = seed_of(key[1])
    wrong = client.post(page, data={"ask": "confirm", "code": "000000"})
    assert b"is not right" in wrong.data
    code = code_now(seed)
    shown = client.post(page, data={"ask": "confirm", "code": code}).text
    assert shown.count("<li><code>") == 10
    assert b"is in force" in client.get(page).data
    return seed


def test_the_second_factor_is_asked_for_and_cannot_be_gone_around(
    client: FlaskClient,
) -> None:
    """Neither by going on to the members' page nor by the cookie that remembers."""
    log_in(client)
    seed = enrolled(client)
    client.post("/sign-out")
    assert log_in(client, remember="1").location == "/credentials/second-step"
    assert not is_in(client)
    assert client.get("/credentials/second-factor").status_code == 401
    kept = cookie(client, "session")
    client.delete_cookie("session")
    assert not is_in(client)
    client.set_cookie("session", kept)
    page = "/credentials/second-step"
    assert b"one of your recovery codes" in client.get(page).data
    assert b"is not right" in client.post(page, data={"code": "000000"}).data
    code = {"code": code_now(seed, ahead=1)}
    assert client.post(page, data=code).location == "/"
    assert is_in(client)
    client.delete_cookie("session")
    assert is_in(client)


def test_a_trusted_browser_is_not_asked_again(
    app: Flask, client: FlaskClient, door: CredGuard
) -> None:
    """Until it is forgotten, and never with another account's password."""
    log_in(client)
    seed = enrolled(client)
    log_in(client)
    data = {"code": code_now(seed, ahead=1), "trust": "1"}
    client.post("/credentials/second-step", data=data)
    first = cookie(client, "cgdevice")
    for _ in range(2):
        assert log_in(client).location == "/"
        assert is_in(client)
    assert cookie(client, "cgdevice") != first
    other = app.test_client()
    log_in(other)
    assert not is_in(other)
    page = "/credentials/second-factor"
    assert "Trusted browsers" in client.get(page).text
    [device] = door.second_factors.devices.every("1")
    client.post(page, data={"ask": "forget", "device": device.id})
    log_in(client)
    assert not is_in(client)


def test_a_factor_is_ended_by_who_has_just_proved_it(client: FlaskClient) -> None:
    """A session that was left open is not enough."""
    log_in(client)
    enrolled(client)
    with client.session_transaction() as session:
        proof = session.pop("credguard_proof")
    page = "/credentials/second-factor"
    assert b"Confirm this" in client.post(page, data={"ask": "disable"}).data
    with client.session_transaction() as session:
        session["credguard_proof"] = proof
    shown = client.post(page, data={"ask": "disable"}).data
    assert b"There is no second factor" in shown


def test_nobody_has_no_second_step(client: FlaskClient) -> None:
    """Nor a second factor to set up."""
    assert b"not right" in client.post("/credentials/second-step", data={}).data
    assert client.get("/credentials/second-factor").status_code == 401


def test_another_sites_form_is_refused(client: FlaskClient) -> None:
    """The browser says whose page it was."""
    log_in(client)
    page = "/credentials/second-factor"
    data = {"ask": "enroll"}
    for headers, status in (
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ):
        answer = client.post(page, data=data, headers=headers)
        assert answer.status_code == status


def test_a_reset_from_the_notice_to_the_new_password(
    client: FlaskClient, door: CredGuard
) -> None:
    """The old session ends, the page says why, and the link works once."""
    log_in(client)
    plan = door.campaigns.plan(everyone, letter=LETTER, rate=100_000.0)
    campaign = door.campaigns.start(plan)
    door.campaigns.sweep(campaign, worker="sweeper")
    assert not is_in(client)
    assert log_in(client).location == "/credentials/reset-required"
    shown = client.get("/credentials/reset-required").data
    assert b"taken it out of use" in shown
    data = {"name": "alice", "password": OLD}
    told = client.post("/log-in", data=data, headers={"Accept": "application/json"})
    assert told.status_code == 403
    assert told.json == {
        "code": "reset_required",
        "detail": "You need to choose a new password before you can log in.",
        "page": "/credentials/reset-required",
    }
    mail = RememberedMail()
    door.campaigns.send(campaign, mail, worker="sender")
    [message] = mail.messages
    page = "/credentials/reset"
    assert client.get(page).headers["Referrer-Policy"] == "same-origin"
    data = {"token": token_in(message), "password": OLD}
    assert b"in use before" in client.post(page, data=data).data
    data["password"] = NEW
    assert b"is set" in client.post(page, data=data).data
    assert b"no longer works" in client.post(page, data=data).data
    assert log_in(client, NEW).location == "/"
    assert is_in(client)
    assert door.campaigns.status(campaign).counts == {AccountState.RESET_DONE: 1}


def swept(door: CredGuard) -> str:
    """Start a campaign over everybody and sweep it."""
    plan = door.campaigns.plan(everyone, letter=LETTER, rate=100_000.0)
    campaign = door.campaigns.start(plan)
    door.campaigns.sweep(campaign, worker="sweeper")
    return campaign


def test_a_link_is_used_up_with_the_second_factor(
    client: FlaskClient, door: CredGuard, app: Flask
) -> None:
    """Where the policy asks for it; a code is used once, whatever the password is."""
    log_in(client)
    code = code_now(enrolled(client), ahead=1)
    client.post("/sign-out")
    page = "/credentials/reset"
    assert b'name="code"' not in client.get(page).data
    door.proofs = ProofPolicy(link_needs_factor=True)
    assert b'for="code"' in client.get(page).data
    mail = RememberedMail()
    door.campaigns.send(swept(door), mail, worker="sender")
    data = {"token": token_in(mail.messages[0]), "password": NEW}
    assert b"Confirm this" in client.post(page, data=data).data
    assert b"is not right" in client.post(page, data={**data, "code": "000000"}).data
    leaked = {**data, "password": OLD, "code": code}
    assert b"in use before" in client.post(page, data=leaked).data
    assert b"Confirm this" in app.test_client().post(page, data=data).data
    assert b"is set" in client.post(page, data=data).data
    assert log_in(client, NEW).location == "/credentials/second-step"


def test_the_old_password_and_the_second_factor_are_a_way_back(
    client: FlaskClient, door: CredGuard
) -> None:
    """Of a factor from before the breach, and after the old password was right."""
    log_in(client)
    code = code_now(enrolled(client), ahead=1)
    client.post("/sign-out")
    page, required = "/credentials/reset-by-factor", "/credentials/reset-required"
    assert client.get(page).location == required
    swept(door)
    log_in(client)
    assert page.encode() not in client.get(required).data
    assert client.get(page).location == required
    door.proofs = ProofPolicy(factors_before=datetime.now(UTC) + timedelta(days=1))
    log_in(client)
    assert page.encode() in client.get(required).data
    assert b"current-password" in client.get(page).data
    data = {"password": "a guess", "code": code, "new": NEW}
    assert b"is not right" in client.post(page, data=data).data
    data["password"] = OLD
    assert b"in use before" in client.post(page, data={**data, "new": OLD}).data
    assert b"is set" in client.post(page, data=data).data
    assert client.get(page).location == required
    assert log_in(client, NEW).location == "/credentials/second-step"


def test_a_factor_that_counts_no_more_ends_at_the_page_that_says_so(
    client: FlaskClient, door: CredGuard
) -> None:
    """The operator has learned meanwhile that the breach is older."""
    log_in(client)
    code = code_now(enrolled(client), ahead=1)
    client.post("/sign-out")
    swept(door)
    door.proofs = ProofPolicy(factors_before=datetime.now(UTC) + timedelta(days=1))
    log_in(client)
    door.proofs = ProofPolicy()
    page, required = "/credentials/reset-by-factor", "/credentials/reset-required"
    data = {"password": OLD, "code": code, "new": NEW}
    assert client.post(page, data=data).location == required
    assert page.encode() not in client.get(required).data


def test_a_database_that_is_away_is_503(
    client: FlaskClient, door: CredGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is logged out by it, and the page says when to come back."""
    log_in(client)

    def away(*args: object, **kwargs: object) -> None:
        del args, kwargs
        raise StorageUnavailableError

    monkeypatch.setattr(door, "check_session", away)
    assert client.get("/").status_code == 503
    assert client.get("/").headers["Retry-After"] == "5"
    monkeypatch.undo()
    assert is_in(client)


def test_hosts_without_flask_login_keep_the_identity_themselves(app: Flask) -> None:
    """As a text in whatever session they have."""
    with app.test_request_context("/"):
        login = credguard.log_in(OLD, account_id="1", stored=hashed())
        kept = credguard.identity_of("1")
        found = credguard.identity(kept)
        assert found is not None
        assert found.stamp == login.session
        assert not found.waits


def test_the_command_knows_database_keyring_and_table(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`flask credguard` needs no file and no environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CREDGUARD_KEYRING", raising=False)
    runner = app.test_cli_runner()
    for line in (
        "accounts check",
        "campaign plan everyone --reason leak --out plan.toml",
        "campaign start plan.toml --yes",
        "campaign run --maildir mails",
        "audit verify",
    ):
        done = runner.invoke(args=["credguard", *line.split()])
        assert done.exit_code == 0, done.output
    assert len(list((tmp_path / "mails" / "new").iterdir())) == 1
    refused = runner.invoke(args=["credguard", "campaign", "run"])
    assert refused.exit_code == 78
    assert "set one of smtp and maildir" in refused.output


def test_settings_are_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each error names what is to be set."""
    monkeypatch.delenv("CREDGUARD_KEYRING", raising=False)
    with pytest.raises(KeyringError, match="CREDGUARD_KEYRING"):
        Settings({}, "").keyring()
    with pytest.raises(SetupError, match="SQLALCHEMY_DATABASE_URI"):
        _ = Settings({}, "").users
    keyring = Keyring.generate()
    monkeypatch.setenv("CREDGUARD_KEYRING", keyring.reveal())
    settings = Settings({"CREDGUARD_DATABASE": "sqlite:///own.db"}, "/site")
    assert settings.keyring().ids == keyring.ids
    assert settings.users == settings.database == "sqlite:///own.db"


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("sqlite:///forum.db", "sqlite:////site/forum.db"),
        ("sqlite:////other/forum.db", "sqlite:////other/forum.db"),
        ("postgresql://web:p%40ss@db/forum", "postgresql://web:p%40ss@db/forum"),
        (make_url("mysql://web:p%40ss@db/forum"), "mysql://web:p%40ss@db/forum"),
    ],
)
def test_the_database_is_flask_sqlalchemys(given: object, url: str) -> None:
    """Which takes a relative path from the application's instance folder."""
    assert Settings({"SQLALCHEMY_DATABASE_URI": given}, "/site").users == url


def test_a_database_in_memory_is_refused() -> None:
    """A second connection would see another one."""
    with pytest.raises(SetupError, match="to a file"):
        _ = Settings({"SQLALCHEMY_DATABASE_URI": "sqlite://"}, "/site").users


@pytest.mark.parametrize("port", ["a port", "99999999x", "\udc8a"])
def test_a_database_that_cannot_be_read_is_not_repeated(port: str) -> None:
    """Its password would stand in a log."""
    given = f"postgresql://web:hunter2@db:{port}/forum"
    with pytest.raises(SetupError, match="a database URL looks like") as refused:
        _ = Settings({"SQLALCHEMY_DATABASE_URI": given}, "/site").users
    assert "hunter2" not in str(refused.value)


def test_an_application_without_the_extension_is_told_so() -> None:
    """By the name of what was not called."""
    with Flask(__name__).app_context(), pytest.raises(SetupError, match="init_app"):
        _ = credguard.guard
