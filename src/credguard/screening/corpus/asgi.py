"""
The range protocol as an ASGI application (version 3).

An answer takes a fraction of a millisecond and reads memory, so it is made in the
loop; on a file that is not in memory, a look at the disk is made there as well.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from credguard.screening.corpus.serving import ASKED_HEADERS, Question, RangeAnswers

_Message = MutableMapping[str, Any]
_NAMES = {name.encode(): name for name in ASKED_HEADERS}


class RangeAsgi:
    """
    Serves ranges under any ASGI server: ``application = RangeAsgi(answers)``.

    Args:
        answers: What is answered.
    """

    def __init__(self, answers: RangeAnswers) -> None:
        self._answers = answers

    async def __call__(
        self,
        scope: _Message,
        receive: Callable[[], Awaitable[_Message]],
        send: Callable[[_Message], Awaitable[None]],
    ) -> None:
        """Answer one request; start and stop with the server."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, send)

    async def _answer(
        self, scope: _Message, send: Callable[[_Message], Awaitable[None]]
    ) -> None:
        headers = {
            _NAMES[name]: value.decode("latin-1")
            for name, value in scope["headers"]
            if name in _NAMES
        }
        question = Question(
            path=scope["path"].removeprefix(scope.get("root_path", "")),
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            method=scope["method"],
        )
        reply = self._answers.answer(question)
        named = [
            (name.lower().encode(), value.encode()) for name, value in reply.headers
        ]
        start = {"type": "http.response.start", "status": reply.status}
        await send(start | {"headers": named})
        await send({"type": "http.response.body", "body": reply.body})


async def _live(
    receive: Callable[[], Awaitable[_Message]],
    send: Callable[[_Message], Awaitable[None]],
) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
