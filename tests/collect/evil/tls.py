"""What a server can do to TLS. The certificate is made when the tests run, where openssl is to be had."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

from collect.evil.answers import story
from collect.evil.server import Call
from collect.evil.table import FAILED, page

OPENSSL = shutil.which("openssl")


def certificate(folder: Path) -> ssl.SSLContext:
    """Return what serves TLS with a certificate that nobody signed but itself."""
    key, made = folder / "key.pem", folder / "made.pem"
    assert OPENSSL
    subprocess.run(
        [OPENSSL, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(made)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    return context


@page("a certificate that nobody signed", FAILED, r"the certificate cannot be trusted \(.*self-signed.*\)", tls=True)
async def _self_signed(call: Call) -> None:
    await call.reply(story("A story under a false name"))


@page("a plain server behind https", FAILED, r"the connection failed \(TLS: .+\).*", scheme="https")
async def _plain_server(call: Call) -> None:
    await call.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@page("a TLS server behind http", FAILED, r"the server .+", tls=True, scheme="http")
async def _tls_server(call: Call) -> None:
    await call.reply(story("Never told"))
