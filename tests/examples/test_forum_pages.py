"""The example forum, in a real browser: each flow is clicked through."""

import os
import re
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from credguard import CredGuard
from credguard.campaigns import LetterTemplate, everyone
from credguard.delivery import Maildir
from phones import code_now, seed_of

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "forum"
PICTURES = os.environ.get("CREDGUARD_PICTURES")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OLD = "three dry words in autumn"
NEW = "four wet words in spring"

expect.set_options(timeout=30_000)  # a busy machine shows a page late

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and "CREDGUARD_REQUIRE_SERVICES" not in os.environ,
    reason="no Chromium is installed",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as player:
        launched = player.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        yield launched
        launched.close()


class Site:
    """The forum, served, and what the tests know of it."""

    def __init__(self, app: Flask, url: str, folder: Path) -> None:
        self.app = app
        self.url = url
        self.folder = folder

    def door(self) -> CredGuard:
        """Return the forum's door."""
        from app import credguard  # type: ignore[import-not-found]  # noqa: PLC0415

        with self.app.app_context():
            found: CredGuard = credguard.guard
            return found

    def mail(self) -> str:
        """Return the text of the newest mail."""
        return str(self.mails()[-1].get_content())

    def mails(self) -> list[EmailMessage]:
        """Return all mails, the oldest first."""
        files = (self.folder / "mails" / "new").iterdir()
        return [
            message_from_bytes(path.read_bytes(), policy=policy.default)
            for path in sorted(files, key=lambda each: each.stat().st_mtime_ns)
        ]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The forum on a port of its own, with nobody in it."""
    monkeypatch.syspath_prepend(str(EXAMPLE))
    import app as example  # noqa: PLC0415  # it is not on the path before

    made = example.create_app(tmp_path / "forum")
    server = make_server("127.0.0.1", 0, made, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Site(made, f"http://127.0.0.1:{server.port}", tmp_path / "forum")
    server.shutdown()
    thread.join()
    with made.app_context():
        example.credguard.guard.close()
        example.db.engine.dispose()
    sys.modules.pop("app")


@pytest.fixture
def new_page(browser: Browser, site: Site) -> Iterator[Callable[[], Page]]:
    """Opens browsers of other people, and sees to it that no script fails."""
    contexts: list[Any] = []
    failures: list[str] = []

    def opened() -> Page:
        context = browser.new_context(base_url=site.url)
        contexts.append(context)
        page: Page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: failures.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert failures == []


@pytest.fixture
def page(new_page: Callable[[], Page]) -> Page:
    """A browser."""
    return new_page()


def picture(page: Page, name: str) -> None:
    """Take a picture for the documentation, if it was asked for."""
    if PICTURES:
        page.set_viewport_size({"width": 720, "height": 560})
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def sign_up(page: Page, name: str = "alice", password: str = OLD) -> None:
    """Fill in the form and send it."""
    page.goto("/sign-up")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Address").fill(f"{name}@mail.example")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign up").click()


def log_in(page: Page, password: str = OLD, name: str = "alice") -> None:
    """Fill in the form and send it."""
    page.goto("/log-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in").click()


def log_out(page: Page) -> None:
    """Click on it."""
    page.get_by_role("button", name="Log out", exact=True).click()


def is_in(page: Page) -> None:
    """Expect the browser to be logged in."""
    page.goto("/")
    expect(page.get_by_role("button", name="Log out", exact=True)).to_be_visible()


def is_out(page: Page) -> None:
    """Expect the browser to be nobody's."""
    page.goto("/")
    expect(page.get_by_role("link", name="Log in")).to_be_visible()


def test_a_password_is_judged_while_it_is_typed(page: Page) -> None:
    """And what is wrong with it is said before the form is sent."""
    page.goto("/sign-up")
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Address").fill("alice@mail.example")
    page.get_by_label("Password").fill("alice2026")
    reasons = page.locator("#reasons li")
    expect(reasons.first).to_contain_text("characters")
    picture(page, "sign-up")
    page.get_by_label("Password").fill(OLD)
    expect(reasons).to_have_count(0)
    page.get_by_role("button", name="Sign up").click()
    page.get_by_label("Write something").fill("The tide is out.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("The tide is out.")).to_be_visible()
    picture(page, "board")


def test_a_password_that_will_not_do_makes_no_account(page: Page) -> None:
    """Whatever the script has said."""
    sign_up(page, password="short")
    expect(page.locator("#reasons li").first).to_be_visible()
    log_in(page, "short")
    expect(page.get_by_role("alert")).to_have_text("The password is not right.")


def enroll(page: Page) -> bytes:
    """Set a second factor up and return its seed."""
    page.goto("/account")
    page.get_by_role("link", name="Set up or change").click()
    page.get_by_role("button", name="Set one up").click()
    expect(page.locator("svg")).to_be_visible()
    picture(page, "second-factor")
    seed = seed_of(page.locator("code").inner_text())
    page.get_by_label("Code").fill(code_now(seed))
    page.get_by_role("button", name="Switch it on").click()
    expect(page.locator("ol code")).to_have_count(10)
    picture(page, "recovery-codes")
    return seed


def test_a_second_factor_and_a_trusted_browser(
    page: Page, new_page: Callable[[], Page]
) -> None:
    """From the QR code to the list of browsers that are not asked."""
    sign_up(page)
    seed = enroll(page)
    log_out(page)
    log_in(page)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    is_out(page)
    page.goto("/credentials/second-step")
    page.get_by_label("Code").fill(code_now(seed, ahead=1))
    page.get_by_label("Trust this browser").check()
    picture(page, "second-step")
    page.get_by_role("button", name="Go on").click()
    is_in(page)
    log_out(page)
    log_in(page)
    is_in(page)
    other = new_page()
    log_in(other)
    is_out(other)
    page.goto("/account")
    expect(page.get_by_text("1 trusted browser is not asked.")).to_be_visible()
    picture(page, "account")
    page.get_by_role("link", name="Set up or change").click()
    page.get_by_role("button", name="Forget it").click()
    expect(page.get_by_role("heading", name="Trusted browsers")).to_have_count(0)


def test_a_recovery_code_lets_in_once(page: Page) -> None:
    """Without the phone."""
    sign_up(page)
    enroll(page)
    code = page.locator("ol code").first.inner_text()
    for _ in range(2):
        page.goto("/log-in")
        if page.get_by_role("button", name="Log out", exact=True).count():
            log_out(page)
        log_in(page)
        page.get_by_label("Code").fill(code)
        page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_be_visible()
    is_out(page)


def test_a_forced_reset_from_its_notice(
    page: Page, new_page: Callable[[], Page], site: Site
) -> None:
    """Locked, told why, and back by the link; the staff sees the funnel."""
    sign_up(page)
    staff = new_page()
    sign_up(staff, "sam")
    promote(site, "sam")
    letter = LetterTemplate(
        site="The Harbour",
        reason="On 7 November somebody copied our database.",
        sender_name="The Harbour",
        sender_address="help@harbour.example",
        link=f"{site.url}/credentials/reset#{{token}}",
    )
    campaigns = site.door().campaigns
    campaign = campaigns.start(campaigns.plan(everyone, letter=letter, rate=1000.0))
    campaigns.sweep(campaign, worker="sweeper")
    campaigns.send(campaign, Maildir(site.folder / "mails"), worker="sender")
    is_out(page)
    log_in(page)
    heading = page.get_by_role("heading", name="A new password is needed")
    expect(heading).to_be_visible()
    picture(page, "reset-required")
    for member, name in ((page, "alice"), (staff, "sam")):
        member.goto(link_to(site, name))
        member.get_by_label("New password").fill(OLD)
        member.get_by_role("button", name="Set the new password").click()
        expect(member.get_by_role("alert")).to_contain_text("in use before")
        member.get_by_label("New password").fill(f"{NEW} {name}")
        picture(member, "reset")
        member.get_by_role("button", name="Set the new password").click()
        expect(member.get_by_role("heading", name="is set")).to_be_visible()
        log_in(member, f"{NEW} {name}", name)
        is_in(member)
    staff.get_by_role("link", name="Resets").click()
    staff.get_by_role("link", name=campaign).click()
    expect(staff.locator("svg").first).to_be_visible()
    picture(staff, "campaign")
    answer = page.goto(f"/campaigns/{campaign}")
    assert answer is not None
    assert answer.status == 403


def link_to(site: Site, name: str) -> str:
    """Return the link of a member's notice."""
    for mail in site.mails():
        found = re.search(r"http://\S+/credentials/reset#\S+", mail.get_content())
        if mail["To"] == f"{name}@mail.example" and found is not None:
            return found[0]
    raise AssertionError(name)


def promote(site: Site, name: str) -> None:
    """Make a member one of the staff."""
    from app import Member, db  # noqa: PLC0415

    with site.app.app_context():
        db.session.execute(db.update(Member).filter_by(name=name).values(is_staff=True))
        db.session.commit()


def test_the_token_does_not_stay_in_the_address_bar(page: Page, site: Site) -> None:
    """Nor does any server see it; the form has it."""
    sign_up(page)
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.goto("/new-password#some-token")
    expect(page.locator("#id_token")).to_have_value("some-token")
    assert page.url == f"{site.url}/new-password"
    assert not [url for url in seen if "some-token" in url.partition("#")[0]]


def test_a_forgotten_password(page: Page, site: Site) -> None:
    """The page is the same for an address that nobody has."""
    sign_up(page)
    log_out(page)
    for address in ("nobody@mail.example", "alice@mail.example"):
        page.goto("/forgotten")
        page.get_by_label("Your address").fill(address)
        page.get_by_role("button", name="Send me a link").click()
        expect(page.get_by_role("status")).to_contain_text("on its way")
    found = re.search(r"http://\S+/new-password#\S+", site.mail())
    assert found is not None
    page.goto(found[0])
    page.get_by_label("New password").fill(NEW)
    page.get_by_role("button", name="Set it").click()
    expect(page.get_by_role("status")).to_have_text("Your new password is set.")
    log_in(page, NEW)
    is_in(page)


def test_another_password_keeps_this_session_and_ends_others(
    page: Page, new_page: Callable[[], Page]
) -> None:
    """And "everywhere" ends them all."""
    sign_up(page)
    other = new_page()
    log_in(other)
    page.goto("/account")
    page.get_by_label("The present one").fill(OLD)
    page.get_by_label("A new one").fill(NEW)
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_role("status")).to_contain_text("is changed")
    is_in(page)
    is_out(other)
    log_in(other, NEW)
    is_in(other)
    page.goto("/account")
    page.get_by_role("button", name="Log out everywhere").click()
    is_out(page)
    is_out(other)


@pytest.mark.parametrize(
    "path", ["/", "/sign-up", "/log-in", "/forgotten", "/new-password"]
)
def test_each_page_can_be_read_by_everybody(page: Page, path: str) -> None:
    """A language, a title, one main heading, and a label for each field."""
    page.goto(path)
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.title()
    expect(page.locator("h1")).to_have_count(1)
    fields = page.locator("input:not([type=hidden]), textarea")
    for number in range(fields.count()):
        labelled = fields.nth(number).evaluate("each => each.labels.length")
        assert labelled == 1
