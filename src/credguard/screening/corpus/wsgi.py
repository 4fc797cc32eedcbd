"""The range protocol as a WSGI application (PEP 3333)."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from credguard.screening.corpus.serving import ASKED_HEADERS, Question, RangeAnswers

_NAMES = {name: f"HTTP_{name.upper().replace('-', '_')}" for name in ASKED_HEADERS}


class RangeWsgi:
    """
    Serves ranges under any WSGI server: ``application = RangeWsgi(answers)``.

    Args:
        answers: What is answered.
    """

    def __init__(self, answers: RangeAnswers) -> None:
        self._answers = answers

    def __call__(
        self, request: dict[str, Any], start_response: Callable[..., object]
    ) -> Iterable[bytes]:
        """Answer one request."""
        question = Question(
            path=request.get("PATH_INFO", ""),
            query=request.get("QUERY_STRING", ""),
            headers={ours: request.get(theirs, "") for ours, theirs in _NAMES.items()},
            method=request["REQUEST_METHOD"],
        )
        reply = self._answers.answer(question)
        phrase = HTTPStatus(reply.status).phrase
        start_response(f"{reply.status} {phrase}", list(reply.headers))
        return [reply.body]
