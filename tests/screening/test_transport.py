import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from asking_ranges import wait_for_workers
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from faulty_ranges import LISTED, SLOW, TIMES, Fault, FaultyRangeServer

from credguard.drill.range_server import RangeServer
from credguard.screening import Listed, RangeService, Unasked, UnaskedReason
from credguard.screening.connections import TimedReader
from credguard.screening.transport import Transport


def certificate(folder: Path) -> Path:
    """Make a certificate for 127.0.0.1 that vouches for itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "range test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "range.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@contextmanager
def behind_tls(server: RangeServer, pem: Path) -> Iterator[str]:
    """Serve over TLS, and yield the address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server._server.socket = context.wrap_socket(
        server._server.socket, server_side=True, do_handshake_on_connect=False
    )
    with server:
        yield server.url.replace("http:", "https:")


def trust(pem: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the HTTP library trust the certificate instead of the public ones."""
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(pem))
    # Requests 2.32.2 reads them when it is imported.
    loaded = "requests.adapters._preloaded_ssl_context"
    trusting = ssl.create_default_context(cafile=pem)
    monkeypatch.setattr(loaded, trusting, raising=False)


def test_tls_is_spoken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server with a trusted certificate is asked and believed."""
    pem = certificate(tmp_path)
    trust(pem, monkeypatch)
    with behind_tls(RangeServer({LISTED: TIMES}), pem) as url:
        service = RangeService(url, deadline=timedelta(seconds=20))
        with closing(service):
            assert isinstance(service.look_up(LISTED), Listed)


def test_an_unknown_certificate_is_not_trusted(tmp_path: Path) -> None:
    """Whoever cannot prove to be the service is not asked."""
    pem = certificate(tmp_path)
    with behind_tls(RangeServer({LISTED: TIMES}), pem) as url:
        service = RangeService(url, deadline=timedelta(seconds=20))
        with closing(service):
            assert service.look_up(LISTED) == Unasked(UnaskedReason.UNREACHABLE)


def test_a_certificate_of_another_name_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trusted certificate for another host proves nothing."""
    pem = certificate(tmp_path)
    trust(pem, monkeypatch)
    with behind_tls(RangeServer({LISTED: TIMES}), pem) as url:
        other = url.replace("127.0.0.1", "localhost")
        service = RangeService(other, deadline=timedelta(seconds=20))
        with closing(service):
            assert service.look_up(LISTED) == Unasked(UnaskedReason.UNREACHABLE)


@pytest.mark.parametrize("fault", SLOW.values(), ids=SLOW.keys())
def test_the_deadline_holds_under_tls(
    fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes that keep coming keep neither the caller nor the thread behind it."""
    pem = certificate(tmp_path)
    trust(pem, monkeypatch)
    with behind_tls(FaultyRangeServer(fault), pem) as url:
        service = RangeService(url, deadline=timedelta(milliseconds=500))
        with closing(service):
            assert service.look_up(LISTED) == Unasked(UnaskedReason.TOO_SLOW)
        assert wait_for_workers() == []


def test_no_time_left_is_too_slow() -> None:
    """A question without a second to spare is not put."""
    with closing(Transport("http://127.0.0.1:9", at_once=1)) as transport:
        for _ in range(3):
            assert isinstance(transport.ask("ABCDE", seconds=0), Unasked)
        assert transport._fetch(0.0, "") == Unasked(UnaskedReason.TOO_SLOW)


def test_a_reader_stops_at_its_end_though_there_is_more() -> None:
    """Bytes that are there already are too late as well."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"more")
        ours.settimeout(1e-9)
        with closing(TimedReader(ours)) as reader, pytest.raises(TimeoutError):
            reader.readinto(bytearray(4))


def test_a_reader_gives_each_read_only_what_is_left() -> None:
    """The socket's own timeout shrinks, so that a silence ends with the deadline."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"more")
        ours.settimeout(3600.0)
        with closing(TimedReader(ours)) as reader:
            assert reader.readinto(bytearray(4)) == 4
        left = ours.gettimeout()
    assert left is not None
    assert left < 3600.0
