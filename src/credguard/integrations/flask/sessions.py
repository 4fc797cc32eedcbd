"""Who is logged in: the identity in Flask's session, checked and kept."""

from dataclasses import replace

from flask import current_app, g, request, session

from credguard._secret import keeps_no_locals
from credguard.errors import (
    CodeMismatchError,
    ResetRequiredError,
    SessionRefusedError,
)
from credguard.guard import Login, Session
from credguard.integrations import resets
from credguard.integrations.browsers import ONLY_READ
from credguard.integrations.flask import devices
from credguard.integrations.flask.cookies import browser
from credguard.integrations.flask.identities import Identity, read_identity
from credguard.integrations.flask.state import guard
from credguard.second_factor import Verified

USER_ID = "_user_id"  # where Flask-Login keeps it, and its cookie has it from

_REMEMBERS = "remember_token"  # Flask-Login's cookie, where it has no other name


def log_in(password: str, *, account_id: str | None, stored: str | None) -> Login:
    """Log a person in, and remember the stamp until the identity is made."""
    seen = browser()
    try:
        login = guard().log_in(
            password,
            account_id=account_id,
            stored=stored,
            browser=seen,
            network=request.remote_addr or "",
        )
    except ResetRequiredError as refused:
        resets.remember(session, account_id, refused)
        raise
    if account_id is not None and login.second_factor_needed:
        is_trusted = devices.is_trusted(account_id, epoch=login.epoch)
        login = replace(login, second_factor_needed=not is_trusted)
    g.credguard_login = (account_id, login, seen)
    return login


def identity_of(account_id: str) -> str:
    """Return the text for who has just logged in, by `log_in` or by other means."""
    whose, login, seen = g.pop("credguard_login", (None, None, ""))
    if login is not None and whose == account_id:
        stamp, needed = login.session, login.second_factor_needed
    else:
        stamp, seen = _opened(account_id), browser()
        needed = guard().second_factors.is_enrolled(account_id)
    made = Identity(account_id, stamp, has_browser=bool(seen), waits=needed)
    return made.to_text()


@keeps_no_locals
def keep_identity(_app: object, **_signal: object) -> None:
    """Put the identity where Flask-Login has just put the account's id."""
    session[USER_ID] = identity_of(str(session[USER_ID]))


@keeps_no_locals
def identity(written: object) -> Identity | None:
    """Return who is logged in or waits to be; None if nobody, or it is over."""
    found = read_identity(written)
    return found if found is not None and _good(found) is not None else None


def second_step(code: str, *, trust: bool = False) -> Verified:
    """Accept the second factor of the session that waits for it."""
    found = read_identity(session.get(USER_ID))
    good = None if found is None else _good(found)
    if found is None or good is None:
        raise CodeMismatchError
    verified = guard().second_factors.verify(found.account_id, code)
    if trust:
        devices.trust(found.account_id, proof=verified.proof, epoch=good.epoch)
    _put(replace(found, waits=False))
    return verified


def renew_session() -> None:
    """Let the session go on whose member has just changed the password in it."""
    found = read_identity(session.get(USER_ID))
    if found is None:
        raise SessionRefusedError
    stamp = _opened(found.account_id)
    _put(replace(found, stamp=stamp, has_browser=bool(browser())))


def _opened(account_id: str) -> str:
    return guard().open_session(
        account_id, browser=browser(), network=request.remote_addr or ""
    )


def _put(found: Identity) -> None:
    session[USER_ID] = found.to_text()
    if current_app.config.get("REMEMBER_COOKIE_NAME", _REMEMBERS) in request.cookies:
        session["_remember"] = "set"  # Flask-Login writes it anew, of the new text


def _good(found: Identity) -> Session | None:
    try:
        return guard().check_session(
            found.stamp,
            account_id=found.account_id,
            browser=browser() if found.has_browser else "",
            changes=request.method not in ONLY_READ,
        )
    except SessionRefusedError:
        return None
