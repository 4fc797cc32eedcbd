from credguard.screening.circuit import Circuit


class Clock:
    """A clock that stands still until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time that it was set to."""
        return self.now


def opened(clock: Clock) -> Circuit:
    """Return a circuit that has just opened."""
    circuit = Circuit(failures=3, rest=30.0, monotonic=clock)
    for _ in range(3):
        assert circuit.may_pass()
        circuit.failed()
    return circuit


def test_failures_with_a_success_between_them_do_not_open_it() -> None:
    """Only failures in a row count."""
    circuit = Circuit(failures=2, rest=30.0, monotonic=Clock())
    for _ in range(5):
        circuit.failed()
        assert circuit.may_pass()
        circuit.succeeded()
    assert circuit.may_pass()


def test_it_opens_and_rests() -> None:
    """After so many failures nothing passes until it has rested."""
    clock = Clock()
    circuit = opened(clock)
    assert not circuit.may_pass()
    clock.now = 29.9
    assert not circuit.may_pass()
    clock.now = 30.0
    assert circuit.may_pass()


def test_one_probe_passes_at_a_time() -> None:
    """While a probe is under way the others wait."""
    clock = Clock()
    circuit = opened(clock)
    clock.now = 30.0
    assert circuit.may_pass()
    assert not circuit.may_pass()
    circuit.succeeded()
    assert circuit.may_pass()
    assert circuit.may_pass()


def test_a_probe_that_fails_opens_it_again() -> None:
    """One failure is enough while it is half open."""
    clock = Clock()
    circuit = opened(clock)
    clock.now = 30.0
    assert circuit.may_pass()
    clock.now = 31.0
    circuit.failed()
    clock.now = 60.9
    assert not circuit.may_pass()
    clock.now = 61.0
    assert circuit.may_pass()


def test_a_probe_that_never_reports_makes_way() -> None:
    """After another rest the next probe passes."""
    clock = Clock()
    circuit = opened(clock)
    clock.now = 30.0
    assert circuit.may_pass()
    clock.now = 60.0
    assert circuit.may_pass()
    assert not circuit.may_pass()
