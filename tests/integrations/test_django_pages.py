"""The Django app's pages in a real browser, which sends what no test client sends."""

import os
import re
import shutil
import threading
from collections.abc import Iterator

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from credguard.campaigns import Campaigns, everyone
from credguard.integrations.django.mail import DjangoMail
from forums import LETTER
from phones import code_now, seed_of

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OLD = "the old password of alice"
NEW = "a quiet harbour at noon"

expect.set_options(timeout=30_000)  # a busy machine shows a page late

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and "CREDGUARD_REQUIRE_SERVICES" not in os.environ,
    reason="no Chromium is installed",
)


@pytest.fixture
def page(site: Campaigns, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """A browser at the project's pages, with one member in it."""
    from django.contrib.staticfiles.handlers import (  # noqa: PLC0415  # a project first
        StaticFilesHandler,
    )
    from django.core.handlers.wsgi import WSGIHandler  # noqa: PLC0415  # as above

    del site
    get_user_model().objects.create_user("alice", "alice@mail.example", OLD)
    # The browser's own loop runs in this thread; the server has one of its own.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    server = make_server("127.0.0.1", 0, StaticFilesHandler(WSGIHandler()))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with sync_playwright() as player:
        browser: Browser = player.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        context = browser.new_context(base_url=f"http://127.0.0.1:{server.port}")
        yield context.new_page()
        browser.close()
    server.shutdown()
    thread.join()


def log_in(page: Page, password: str) -> None:
    """Fill in the log-in form and send it."""
    page.goto("/accounts/login/")
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_a_reset_from_the_link_of_a_notice(page: Page, site: Campaigns) -> None:
    """The token leaves the address bar, and Django takes the form."""
    campaign = site.start(site.plan(everyone, letter=LETTER, rate=100_000.0))
    site.sweep(campaign, worker="sweeper")
    site.send(campaign, DjangoMail(), worker="sender")
    token = re.search(r"reset#(\S+)", mail.outbox[0].body)
    assert token is not None
    log_in(page, OLD)
    expect(page.get_by_role("heading", name="A new password is needed")).to_be_visible()
    page.goto(f"/credentials/reset/#{token[1]}")
    expect(page.locator("#id_token")).to_have_value(token[1])
    assert "#" not in page.url
    for password, said in ((OLD, "in use before"), (NEW, "is set")):
        page.get_by_label("New password").fill(password)
        page.get_by_role("button", name="Set the new password").click()
        expect(page.get_by_text(said).first).to_be_visible()
    log_in(page, NEW)
    expect(page.get_by_text("Hello alice.")).to_be_visible()


def test_a_second_factor_from_its_page_to_a_trusted_browser(page: Page) -> None:
    """Set up, asked for, and not asked again."""
    log_in(page, OLD)
    page.goto("/credentials/second-factor/")
    page.get_by_role("button", name="Set one up").click()
    expect(page.locator("svg")).to_be_visible()
    seed = seed_of(page.locator("code").inner_text())
    page.get_by_label("Code").fill(code_now(seed))
    page.get_by_role("button", name="Switch it on").click()
    expect(page.locator("ol code")).to_have_count(10)
    page.context.clear_cookies(name="sessionid")
    log_in(page, OLD)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    page.get_by_label("Code").fill(code_now(seed, ahead=1))
    page.get_by_label("Trust this browser").check()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Hello alice.")).to_be_visible()
    page.context.clear_cookies(name="sessionid")
    log_in(page, OLD)
    expect(page.get_by_text("Hello alice.")).to_be_visible()
