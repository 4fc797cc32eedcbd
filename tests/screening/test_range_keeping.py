from contextlib import closing

import pytest
from asking_ranges import (
    Clock,
    asking,
    in_turn,
    sound,
)
from faulty_ranges import LISTED, WRONG, FaultyRangeServer

from credguard.screening import (
    Listed,
    MemoryCache,
    NotListed,
    RangeService,
    Unasked,
    UnaskedReason,
)


class TestCache:
    """Answers that are used again."""

    def test_an_answer_is_used_again_within_its_lifetime(self) -> None:
        """The same five digits are asked for once, until the answer is too old."""
        clock, server = Clock(), FaultyRangeServer(sound)
        with asking(server, clock=clock) as service:
            service.look_up(LISTED)
            clock.now += 599
            assert isinstance(service.look_up(LISTED), Listed)
            assert server.asked == 1
            clock.now += 2
            assert isinstance(service.look_up(LISTED), Listed)
            assert server.asked == 2

    def test_only_so_many_answers_are_kept(self) -> None:
        """The answer that was used longest ago makes room."""
        server = FaultyRangeServer(sound)
        with (
            server,
            closing(RangeService(server.url, cache=MemoryCache(ranges=2))) as service,
        ):
            for password in ("one", "two", "one", "three", "one", "two"):
                service.look_up(password)
        assert server.asked == 4

    def test_a_failure_is_not_kept(self) -> None:
        """What could not be asked is asked again."""
        server = FaultyRangeServer(WRONG["500"][1])
        with asking(server) as service:
            service.look_up(LISTED)
            service.look_up(LISTED)
        assert server.asked == 2

    def test_closing_forgets(self) -> None:
        """A closed service can be used again and starts anew."""
        server = FaultyRangeServer(sound)
        with asking(server) as service:
            service.look_up(LISTED)
            service.close()
            assert isinstance(service.look_up(LISTED), Listed)
        assert server.asked == 2

    def test_another_process_starts_anew(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A connection is never shared over a fork, where answers would cross."""
        server = FaultyRangeServer(sound)
        with asking(server) as service:
            service.look_up(LISTED)
            of_parent = service._state
            with monkeypatch.context() as patch:
                patch.setattr("credguard.screening.range_service.os.getpid", lambda: -1)
                assert service.look_up("another") == NotListed()
                assert service._state is not of_parent
                service.close()
            service._state = of_parent
        assert server.asked == 2

    def test_closing_in_another_process_leaves_the_connection_alone(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A child that closes what it took over does not close its parent's."""
        server = FaultyRangeServer(sound)
        with asking(server) as service:
            service.look_up(LISTED)
            of_parent = service._state
            assert of_parent is not None
            with monkeypatch.context() as patch:
                patch.setattr(of_parent.transport, "close", pytest.fail)
                patch.setattr("credguard.screening.range_service.os.getpid", lambda: -1)
                service.close()
            service._state = of_parent


class TestCircuit:
    """A failing service is left alone for a while."""

    def test_five_failures_in_a_row_give_it_a_rest(self) -> None:
        """A service that fails is left alone, and asked again after half a minute."""
        clock, server = Clock(), FaultyRangeServer(WRONG["500"][1])
        with asking(server, clock=clock) as service:
            for _ in range(5):
                assert service.look_up(LISTED) == Unasked(UnaskedReason.BAD_STATUS)
            assert service.look_up(LISTED) == Unasked(UnaskedReason.RESTING)
            assert server.asked == 5
            clock.now += 31
            assert service.look_up(LISTED) == Unasked(UnaskedReason.BAD_STATUS)
            assert service.look_up(LISTED) == Unasked(UnaskedReason.RESTING)
            assert server.asked == 6

    def test_an_answer_ends_the_rest(self) -> None:
        """After a probe that went well everything is asked again."""
        clock = Clock()
        faults = in_turn(*[WRONG["500"][1]] * 5, sound, sound)
        server = FaultyRangeServer(faults)
        with asking(server, clock=clock) as service:
            for _ in range(5):
                service.look_up(LISTED)
            clock.now += 31
            assert isinstance(service.look_up(LISTED), Listed)
            assert service.look_up("another") == NotListed()

    def test_a_kept_answer_needs_no_service(self) -> None:
        """While the service rests, what it said lately still counts."""
        clock = Clock()
        faults = in_turn(sound, *[WRONG["500"][1]] * 5)
        server = FaultyRangeServer(faults)
        with asking(server, clock=clock) as service:
            service.look_up(LISTED)
            for number in range(5):
                service.look_up(f"another {number}")
            assert service.look_up("one more") == Unasked(UnaskedReason.RESTING)
            assert isinstance(service.look_up(LISTED), Listed)
