"""What a Starlette or FastAPI application gets."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from credguard.campaigns import in_list
from credguard.errors import (
    CodeMismatchError,
    PasswordMismatchError,
    StorageUnavailableError,
)
from credguard.integrations.starlette import GuardMiddleware, StarletteGuard
from credguard.testing import FrozenClock
from forums import JOINED, House, house_at, password_of
from phones import Phone, enrolled


@pytest.fixture
def moving() -> FrozenClock:
    """A clock that can be moved on."""
    return FrozenClock(JOINED + timedelta(days=800))


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path, moving: FrozenClock) -> Iterator[House]:
    """A forum with credguard's tables in its database."""
    with house_at(sqlite_url, tmp_path, "together", clock=moving) as found:
        yield found


@pytest.fixture
def app(house: House) -> Starlette:
    """An application with a form, a page for members, and a second step."""
    guarded = StarletteGuard(house.guard)

    async def log_in(request: Request) -> JSONResponse:
        given = await request.json()
        number = int(given["id"])
        stored = house.forum.password(number)
        try:
            login = await guarded.log_in(
                request,
                given["password"],
                account_id=None if stored is None else str(number),
                stored=stored,
            )
        except PasswordMismatchError as refused:
            return JSONResponse({"detail": str(refused)}, status_code=400)
        return JSONResponse({"waits": login.second_factor_needed})

    async def second_step(request: Request) -> JSONResponse:
        try:
            await guarded.second_step(request, (await request.json())["code"])
        except CodeMismatchError as refused:
            return JSONResponse({"detail": str(refused)}, status_code=400)
        return JSONResponse({})

    async def home(request: Request) -> JSONResponse:
        return JSONResponse({"id": (await guarded(request)).account_id})

    async def form(_request: Request) -> JSONResponse:
        return JSONResponse({})

    return Starlette(
        routes=[
            Route("/form", form),
            Route("/log-in", log_in, methods=["POST"]),
            Route("/second-step", second_step, methods=["POST"]),
            Route("/", home, methods=["GET", "POST"]),
        ],
        middleware=[
            Middleware(SessionMiddleware, secret_key="for tests alone"),
            Middleware(GuardMiddleware),
        ],
    )


@pytest.fixture
def client(app: Starlette) -> TestClient:
    """A browser that has seen the form."""
    client = TestClient(app)
    client.get("/form")
    return client


def log_in(
    client: TestClient, number: int = 1, password: str = ""
) -> dict[str, object]:
    """Log a member in and return the answer."""
    data = {"id": number, "password": password or password_of(number)}
    return dict(client.post("/log-in", json=data).json())


def test_who_is_logged_in_is_known_and_nobody_else_is(client: TestClient) -> None:
    """A wrong password and an unknown member are refused alike."""
    assert client.get("/").status_code == 401
    wrong = {"detail": "The password is not right."}
    assert log_in(client, 1, "a guess") == log_in(client, 999) == wrong
    assert log_in(client) == {"waits": False}
    assert client.get("/").json() == {"id": "1"}


def test_a_session_that_is_over_is_nobodys(client: TestClient, house: House) -> None:
    """And stays so."""
    log_in(client)
    house.guard.sign_out_everywhere("1")
    assert [client.get("/").status_code for _ in range(2)] == [401, 401]


def test_a_swapped_session_is_refused_and_recorded(
    app: Starlette, client: TestClient, house: House
) -> None:
    """Another browser with this one's session is nobody."""
    log_in(client)
    other = TestClient(app)
    other.get("/form")
    other.cookies.set("session", client.cookies["session"])
    assert other.get("/").status_code == 401
    [swap] = house.guard.swaps.every(house.clock(), house.clock())
    assert swap.owner_id == "1"


def test_a_session_without_the_cookie_goes_on_without(app: Starlette) -> None:
    """It is not set in the answer to a log-in."""
    client = TestClient(app)
    log_in(client)
    assert "cgbrowser" not in client.cookies
    assert client.get("/").status_code == 200
    assert "cgbrowser" in client.cookies
    assert client.get("/").status_code == 200


def test_a_second_factor_is_waited_for(
    client: TestClient, house: House, moving: FrozenClock
) -> None:
    """Nobody is in before its code."""
    phone: Phone = enrolled(house.guard, "1", moving)
    assert log_in(client) == {"waits": True}
    assert client.get("/").status_code == 401
    assert client.post("/second-step", json={"code": "000000"}).status_code == 400
    assert client.get("/").status_code == 401
    code = {"code": phone.code(moving())}
    assert client.post("/second-step", json=code).status_code == 200
    assert client.get("/").json() == {"id": "1"}


def test_a_campaign_is_told_with_its_proofs(client: TestClient, house: House) -> None:
    """The script knows what to show."""
    house.start(in_list(["1"]))
    told = log_in(client)
    assert told["proofs"] == ["link", "forum"]


def test_a_database_that_is_away_is_503(
    client: TestClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is logged out by it."""
    log_in(client)

    def away(*args: object, **kwargs: object) -> None:
        del args, kwargs
        raise StorageUnavailableError

    monkeypatch.setattr(house.guard, "check_session", away)
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    monkeypatch.undo()
    assert client.get("/").json() == {"id": "1"}
