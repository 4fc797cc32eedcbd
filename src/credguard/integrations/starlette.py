"""
credguard in Starlette and FastAPI; `SessionMiddleware` keeps the stamp.

The door waits for databases and hashes, so it is called in a thread.
"""

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from credguard._secret import keeping_no_locals, keeps_no_locals
from credguard.errors import ResetRequiredError, SessionRefusedError, UnavailableError
from credguard.guard import CredGuard, Login, Session
from credguard.integrations import browsers

_KEPT = "credguard"


@keeping_no_locals
class StarletteGuard:
    """
    The door for one application, and the dependency that asks for a log-in.

    Args:
        guard: The door.
    """

    def __init__(self, guard: CredGuard) -> None:
        self.guard = guard

    async def log_in(
        self, request: Request, password: str, **whose: str | None
    ) -> Login:
        """
        Log a person in and keep the stamp; *whose* and errors as `CredGuard.log_in`.

        Where `Login.second_factor_needed` is true, nobody is in until `second_step`.
        """
        browser = whose["browser"] = browsers.browser_in(request.cookies)
        whose["network"] = request.client.host if request.client else ""
        login = await run_in_threadpool(lambda: self.guard.log_in(password, **whose))  # type: ignore[arg-type]  # by name
        kept = [whose["account_id"], login.session, bool(browser)]
        request.session[_KEPT] = [*kept, login.second_factor_needed]
        return login

    async def second_step(self, request: Request, code: str) -> None:
        """Accept the second factor of who waits for it; errors as `verify`."""
        session = await self._checked(request)
        verify = self.guard.second_factors.verify
        # By itself: the thread's own frame shows what it was given.
        await run_in_threadpool(lambda: verify(session.account_id, code))
        request.session[_KEPT] = [*request.session[_KEPT][:3], False]

    @keeps_no_locals
    async def __call__(self, request: Request) -> Session:
        """Return who is logged in: ``Depends(guarded)``; 401 if nobody is."""
        session = await self._checked(request)
        if request.session[_KEPT][3]:
            raise HTTPException(401, "Confirm your second factor first.")
        return session

    async def _checked(self, request: Request) -> Session:
        account_id, stamp, has_browser, _ = request.session.get(_KEPT, [""] * 4)
        if not account_id:
            raise HTTPException(401, "Please log in.")
        browser = browsers.browser_in(request.cookies) if has_browser else ""
        changes = request.method not in browsers.ONLY_READ
        check = self.guard.check_session
        try:
            return await run_in_threadpool(
                lambda: check(
                    stamp, account_id=account_id, browser=browser, changes=changes
                )
            )
        except SessionRefusedError as refused:
            request.session.pop(_KEPT, None)
            raise HTTPException(401, str(refused)) from None


class GuardMiddleware(BaseHTTPMiddleware):
    """Answers what views let through, and gives each browser its cookie."""

    async def dispatch(
        self, request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        """Answer a request."""
        try:
            response = await call_next(request)
        except ResetRequiredError as error:
            told = {"detail": str(error), "proofs": list(error.proofs)}
            return JSONResponse(told, status_code=403)
        except UnavailableError:
            told = {"detail": "Please try again in a moment."}
            later = {"Retry-After": browsers.AGAIN_AFTER}
            return JSONResponse(told, status_code=503, headers=later)
        # Never in the answer to a log-in: what swaps answers would swap both.
        if request.method == "GET" and not browsers.browser_in(request.cookies):
            value, safe = browsers.new_browser(), request.url.scheme == "https"
            response.set_cookie(
                browsers.BROWSER_COOKIE, value, browsers.AGE, secure=safe, httponly=True
            )
        return response
