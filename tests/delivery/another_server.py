"""Somebody else's mail server, and certificates for it."""

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from socket import create_server
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER = "forum@mail.example"
PASSWORD = "Grüße, zwölf Boxkämpfer"


class _Kept:
    """Keeps what is handed over."""

    def __init__(self) -> None:
        self.envelopes: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep the envelope."""
        self.envelopes.append(envelope)
        return "250 taken"


def _knows(*args: Any) -> AuthResult:
    proof = args[-1]
    known = isinstance(proof, LoginPassword) and proof == LoginPassword(
        USER.encode(), PASSWORD.encode()
    )
    # Not handled: the server is to answer by itself.
    return AuthResult(success=known, handled=False)


@contextmanager
def another_server(
    *, tls: SSLContext | None = None, from_the_start: bool = False, **options: Any
) -> Iterator[tuple[int, list[Any]]]:
    """Run aiosmtpd; yield its port and the envelopes that it took."""
    kept = _Kept()
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    if from_the_start:
        options |= {"ssl_context": tls}
    elif tls is not None:
        options |= {"tls_context": tls, "require_starttls": True}
    options.setdefault("authenticator", _knows)
    server = Controller(kept, hostname="127.0.0.1", port=port, **options)
    server.start()
    try:
        yield port, kept.envelopes
    finally:
        server.stop()
        # It leaves half-closed connections to the garbage collector, whose
        # complaint would be laid at the door of some later test.
        del server
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()


def certified(folder: Path, name: str = "127.0.0.1") -> tuple[SSLContext, str]:
    """Return a server's side of TLS, certified for *name*, and its authority's file."""
    folder.mkdir(exist_ok=True)
    authority, authority_key = _certificate("Test authority", issuer=None)
    certificate, key = _certificate(name, issuer=(authority, authority_key))
    ca_file, chain = folder / "ca.pem", folder / "server.pem"
    pem = serialization.Encoding.PEM
    ca_file.write_bytes(authority.public_bytes(pem))
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain.write_bytes(private + certificate.public_bytes(pem))
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context, str(ca_file)


_Signed = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def _certificate(name: str, *, issuer: _Signed | None) -> _Signed:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = key if issuer is None else issuer[1]
    named: list[x509.GeneralName] = []
    if issuer is not None:
        is_address = name[0].isdigit()
        named = [x509.IPAddress(ip_address(name)) if is_address else x509.DNSName(name)]
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer[0].subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(issuer is None, None), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
            critical=False,
        )
        .add_extension(_usage(signs=issuer is None), critical=True)
    )
    if named:
        builder = builder.add_extension(
            x509.SubjectAlternativeName(named), critical=False
        )
    return builder.sign(signer, hashes.SHA256()), key


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
