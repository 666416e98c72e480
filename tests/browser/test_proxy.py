"""The app behind docs/proxy/nginx.conf: TLS, sockets and uploads go through; sign-in, where asked.

The certificate is made here and known to the test alone; so is the identity provider.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from page_steps import wait_for_occlude
from playwright.sync_api import expect
from test_faults import upload_and_draw

from tests.load.visitor import Visitor

ROOT = Path(__file__).parents[2]
CLIENT = "the-lab"


@pytest.fixture(scope="module", autouse=True)
def programs() -> None:
    missing = [name for name in ("nginx", "openssl") if shutil.which(name) is None]
    if missing:
        said = f"{' and '.join(missing)} not found"
        if os.environ.get("RAN_REQUIRE_BROWSER"):
            pytest.fail(said)
        pytest.skip(said)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    return number


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """A folder with certificate.pem and key.pem for localhost."""
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


@pytest.fixture
def behind(certificate, tmp_path) -> Iterator:
    """A function that puts the shipped nginx before an address; gives its https and http ports."""
    started = []

    def proxied(address: str, secure: int, plain: int) -> None:
        text = (ROOT / "docs/proxy/nginx.conf").read_text()
        for shipped, here in (
            ("server 127.0.0.1:8501;", f"server {urlsplit(address).netloc};"),
            ("listen 443 ssl;", f"listen 127.0.0.1:{secure} ssl;"),
            ("listen 80;", f"listen 127.0.0.1:{plain};"),
            ("https://$host$request_uri", f"https://$host:{secure}$request_uri"),
            ("/etc/ssl/lab", str(certificate)),
        ):
            assert text.count(shipped), shipped
            text = text.replace(shipped, here)
        folders = "".join(
            f"    {kind}_temp_path {tmp_path / kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        text = text.replace("http {\n", "http {\n" + folders)
        (tmp_path / "nginx.conf").write_text(f"daemon off;\npid {tmp_path / 'pid'};\n{text}")
        process = subprocess.Popen(
            ["nginx", "-p", tmp_path, "-e", tmp_path / "errors", "-c", tmp_path / "nginx.conf"]
        )
        started.append(process)
        end = time.monotonic() + 30
        while time.monotonic() < end and process.poll() is None:
            with socket.socket() as there:
                if there.connect_ex(("127.0.0.1", secure)) == 0:
                    return
            time.sleep(0.1)
        pytest.fail(f"nginx did not start: {(tmp_path / 'errors').read_text()}")

    yield proxied
    for process in started:
        process.terminate()
        process.wait(30)


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate / "certificate.pem")


def test_a_visitor_uploads_and_draws_through_tls(app, behind, certificate):
    secure, plain = free_port(), free_port()
    behind(app, secure, plain)
    known = trusting(certificate)
    with Visitor(f"https://localhost:{secure}", known) as visitor:
        upload_and_draw(visitor)
    page = urllib.request.urlopen(f"https://localhost:{secure}/", context=known)
    assert page.headers["Strict-Transport-Security"].startswith("max-age=")
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"https://localhost:{secure}/_stcore/metrics", context=known)
    assert urllib.request.urlopen(f"{app}/_stcore/metrics").status == 200

    class Stays(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_args):
            return None

    with pytest.raises(urllib.error.HTTPError) as moved:
        urllib.request.build_opener(Stays).open(f"http://localhost:{plain}/explain")
    assert moved.value.code == 301
    assert moved.value.headers["Location"] == f"https://localhost:{secure}/explain"


class Provider(BaseHTTPRequestHandler):
    """An identity provider that knows one person (OpenID Connect Core 1.0, code flow)."""

    key = None
    asked: dict[str, str]

    def log_message(self, *_args) -> None:
        pass

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        own = f"http://127.0.0.1:{self.server.server_port}"
        if url.path == "/.well-known/openid-configuration":
            self._answer({
                "issuer": own, "authorization_endpoint": f"{own}/authorize",
                "token_endpoint": f"{own}/token", "jwks_uri": f"{own}/keys",
                "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            })  # fmt: skip
        elif url.path == "/keys":
            self._answer({"keys": [self.key.as_dict(private=False)]})
        elif url.path == "/authorize":
            Provider.asked = {name: values[0] for name, values in parse_qs(url.query).items()}
            back = urlencode({"code": "once", "state": self.asked["state"]})
            self.send_response(302)
            self.send_header("Location", f"{self.asked['redirect_uri']}?{back}")
            self.end_headers()
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        from joserfc import jwt

        self.rfile.read(int(self.headers["Content-Length"]))
        now = int(time.time())
        claims = {
            "iss": f"http://127.0.0.1:{self.server.server_port}", "aud": CLIENT, "sub": "1",
            "email": "teacher@example.org", "iat": now, "exp": now + 300,
            "nonce": self.asked["nonce"],
        }  # fmt: skip
        header = {"alg": "RS256", "kid": self.key.kid}
        token = jwt.encode(header, claims, self.key)
        self._answer({"access_token": "a", "token_type": "Bearer", "id_token": token})

    def _answer(self, values: dict) -> None:
        content = json.dumps(values).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def provider() -> Iterator[str]:
    from joserfc.jwk import RSAKey

    Provider.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_where_sign_in_is_asked_for_nothing_is_shown_before(
    running, behind, browser, provider, checkpoint, tmp_path
):
    secure, plain = free_port(), free_port()
    secrets = tmp_path / ".streamlit/secrets.toml"
    secrets.parent.mkdir()
    secrets.write_text(
        f'[auth]\nredirect_uri = "https://localhost:{secure}/oauth2callback"\n'
        f'cookie_secret = "a secret of this test"\nclient_id = "{CLIENT}"\n'
        f'client_secret = "another"\n'
        f'server_metadata_url = "{provider}/.well-known/openid-configuration"\n'
    )
    changes = {
        "RAN_CHECKPOINT": str(checkpoint), "RAN_DEVICE": "cpu", "RAN_SCENE": "none",
        "RAN_SIGN_IN": "1", "HOME": str(tmp_path),
    }  # fmt: skip
    with running(ROOT / "streamlit_app.py", tmp_path, changes) as address:
        behind(address, secure, plain)
        context = browser.new_context(ignore_https_errors=True)
        page = context.new_page()
        page.goto(f"https://localhost:{secure}/explain")
        sign_in = page.get_by_role("button", name="Sign in")
        expect(sign_in).to_be_visible()
        expect(page.get_by_role("heading", name="Explain", level=1)).to_be_hidden()
        sign_in.click()
        expect(page.get_by_role("link", name="Model", exact=True)).to_be_visible()
        page.goto(f"https://localhost:{secure}")
        wait_for_occlude(page)
        assert Provider.asked["client_id"] == CLIENT
        context.close()


def test_sign_in_that_is_not_set_up_says_so_and_lets_nobody_in(running, browser, tmp_path):
    with running(
        ROOT / "streamlit_app.py", tmp_path, {"RAN_SIGN_IN": "1", "HOME": str(tmp_path)}
    ) as address:
        page = browser.new_page()
        page.goto(address)
        expect(page.get_by_text("Sign-in is asked for, but not set up.")).to_be_visible()
        expect(page.get_by_text("Hidden", exact=True)).to_be_hidden()
        page.close()
