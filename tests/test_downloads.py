from __future__ import annotations

import base64
import gzip
import math
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
from conftest import PATIENCE
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fakes import WordEncoder
from typer.testing import CliRunner

from ssm_search import downloads
from ssm_search.abstracts import api as arxiv_api
from ssm_search.abstracts.cache import API_URL_VARIABLE, fetch_abstracts
from ssm_search.addresses import (
    NOT_SHOWN,
    host_name,
    is_of_this_machine,
    is_public,
    shown_address,
    shown_source,
)
from ssm_search.build.lists import build_index
from ssm_search.build.sources import read_source
from ssm_search.cli.questions import app
from ssm_search.errors import FetchError, ListError

LIST = "# Films\n- [Video one](https://arxiv.org/abs/2401.00001)\n"
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
SECRET = "hunter2"

Answer = Callable[[socket.socket, bytes], None]


class RawServer:
    """Says the bytes it is told to, one connection after the other, and keeps what it was asked."""

    def __init__(self, answer: bytes | Answer, context: ssl.SSLContext | None = None):
        self.answer, self.context = answer, context
        self.asked: list[bytes] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                with suppress(OSError), connection:  # the client let go
                    self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        if self.context:
            connection = self.context.wrap_socket(connection, server_side=True)
        with connection:
            request = b""
            while not request.endswith(b"\r\n\r\n"):
                if not (received := connection.recv(65536)):
                    return
                request += received
            self.asked.append(request)
            if callable(self.answer):
                self.answer(connection, request)
            else:
                connection.sendall(self.answer)


Serve = Callable[..., RawServer]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    servers: list[RawServer] = []

    def start(answer: bytes | Answer, context: ssl.SSLContext | None = None) -> RawServer:
        servers.append(RawServer(answer, context))
        return servers[-1]

    yield start
    for server in servers:
        server.socket.close()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Names and their IP addresses, as a name server would give them."""
    known: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def getaddrinfo(host: str, *args: object, **options: object) -> list[object]:
        found = known.get(host, [host])
        return [one for ip in found for one in real(ip, *args, **options)]  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return known


def whole(body: bytes, *headers: bytes) -> bytes:
    length = b"Content-Length: %d" % len(body)
    return OK + b"\r\n".join([*headers, length, b"", body])


def redirect(location: bytes) -> bytes:
    # It closes the connection, and must say so: who asks again may take it for one that is kept.
    head = b"HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\n"
    return head + b"Location: " + location + b"\r\n\r\n"


def again(start: bytes, piece: bytes, times: int, pause: float = 0) -> Answer:
    """``start``, then ``piece`` after ``piece``."""

    def answer(connection: socket.socket, _: bytes) -> None:
        connection.sendall(start)
        for _ in range(times):
            connection.sendall(piece)
            time.sleep(pause)

    return answer


# ── bounds ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (OK + b"\r\n", b"a"),
        (OK + b"X: ", b"a"),
        (OK, b"X: y\r\n"),
        (b"HTTP/1.1 200 ", b"a"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (CHUNKED, b"1\r\na\r\n"),
        (CHUNKED + b"0\r\n", b"X: y\r\n"),
        (OK + b"Content-Length: 5000\r\n\r\n", b"a"),
    ],
    ids=["body", "header", "headers", "status", "continue", "chunks", "trailers", "declared"],
)
def test_an_answer_in_drops_ends_at_the_deadline(
    start: bytes, piece: bytes, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "TOTAL_TIMEOUT", 0.4)
    server = serve(again(start, piece, 80, 0.05))
    with pytest.raises(FetchError, match=r"not all of it within 0\.4 s"):
        read_source(f"http://127.0.0.1:{server.port}/")


def test_redirects_share_one_deadline(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    passed = [0.0]
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + passed[0])
    monkeypatch.setattr(downloads, "time", clock)
    monkeypatch.setattr(downloads, "TOTAL_TIMEOUT", 2 * PATIENCE)

    def late(connection: socket.socket, _: bytes) -> None:
        passed[0] += 1.2 * PATIENCE
        connection.sendall(redirect(b"/"))

    server = serve(late)
    with pytest.raises(FetchError, match=f"not all of it within {2 * PATIENCE} s"):
        read_source(f"http://127.0.0.1:{server.port}/")
    assert len(server.asked) == 2


def test_what_is_declared_too_long_is_not_read(serve: Serve) -> None:
    server = serve(OK + b"Content-Length: 40000001\r\n\r\n")  # and then nothing
    with pytest.raises(ListError, match="longer than 40,000,000 bytes; give a smaller list"):
        read_source(f"http://127.0.0.1:{server.port}/")


@pytest.mark.parametrize("start", [OK + b"\r\n", OK + b"Content-Encoding: gzip\r\n\r\n"])
def test_no_more_is_read_than_a_list_may_have(start: bytes, serve: Serve) -> None:
    sent = []

    def flood(connection: socket.socket, _: bytes) -> None:
        connection.sendall(start)
        piece = b"a" * 65536
        if b"gzip" in start:  # of blocks that unpack to nothing
            connection.sendall(gzip.compress(b"")[:10])
            piece = b"\0\0\0\xff\xff" * 13_000
        while True:
            connection.sendall(piece)
            sent.append(len(piece))

    server = serve(flood)
    with pytest.raises(ListError, match="longer than 40,000,000 bytes"):
        read_source(f"http://127.0.0.1:{server.port}/")
    assert 30e6 < sum(sent) < 60e6  # the kernel keeps some of it


def test_a_gzip_bomb_is_unpacked_no_further_than_the_limit(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    new = downloads.zlib.decompressobj

    class Counting:
        def __init__(self, bits: int):
            self.unpacker = new(bits)

        def __getattr__(self, name: str) -> object:
            return getattr(self.unpacker, name)

        def decompress(self, *args: object) -> bytes:
            made.append(len(found := self.unpacker.decompress(*args)))  # type: ignore[arg-type]
            return found

    monkeypatch.setattr(downloads.zlib, "decompressobj", Counting)
    server = serve(whole(gzip.compress(bytes(90_000_000)), b"Content-Encoding: gzip"))
    with pytest.raises(ListError, match="longer than 40,000,000 bytes"):
        read_source(f"http://127.0.0.1:{server.port}/")
    assert sum(made) == 40_000_001


def test_a_redirect_with_a_long_body_costs_nothing(serve: Serve) -> None:
    start = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n\r\n"
    sent = []

    def flood(connection: socket.socket, _: bytes) -> None:
        connection.sendall(start)
        while len(sent) < 1000:
            connection.sendall(bytes(65536))
            sent.append(1)

    server = serve(flood)
    with pytest.raises(FetchError, match="could not be read"):
        read_source(f"http://127.0.0.1:{server.port}/")
    assert len(sent) < 500


# ── odd answers ──────────────────────────────────────────────────────────────────────────────

READ = {
    "a length": whole(b"# hi"),
    "chunks": CHUNKED + b"4\r\n# hi\r\n0\r\n\r\n",
    "gzip": whole(gzip.compress(b"# hi"), b"Content-Encoding: gzip"),
    "its old name": whole(gzip.compress(b"# hi"), b"Content-Encoding: X-Gzip"),
    "no length": OK + b"\r\n# hi",
    "odd headers": OK + b"no colon\r\n\xff: \xff\r\nSet-Cookie: \xff=;; expires=x\r\n\r\n# hi",
    "an odd type": OK + b'Content-Type: ;;=\xff; charset="\r\n\r\n# hi',
    "a length that is none": OK + b"Content-Length: x\r\n\r\n# hi",
}
UNREAD = {
    "nothing": (b"", "ConnectionError"),
    "another protocol": (b"SSH-2.0-OpenSSH\r\n", "ConnectionError"),
    "no protocol": (bytes(range(256)), "ConnectionError"),
    "no status": (b"HTTP/1.1 abc\r\n\r\n", "ConnectionError"),
    "a thousand headers": (OK + b"X: y\r\n" * 1000, "ConnectionError"),
    "one long header": (OK + b"X: " + b"y" * 99_999, "ConnectionError"),
    "two lengths": (OK + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\n# hi", "InvalidHeader"),
    "cut off": (OK + b"Content-Length: 50\r\n\r\n# hi", "ProtocolError"),
    "chunks cut off": (CHUNKED + b"5\r\n# h", "ProtocolError"),
    "a chunk of no size": (CHUNKED + b"zz\r\n# hi", "ProtocolError"),
    "a chunk below none": (CHUNKED + b"-4\r\n# hi", "ValueError"),
    "a chunk without end": (CHUNKED + b"1" * 99_999, "ProtocolError"),
    "no gzip": (whole(b"# hi", b"Content-Encoding: gzip"), "damaged gzip"),
    "half a gzip": (whole(gzip.compress(b"# hi")[:-9], b"Content-Encoding: gzip"), "breaks off"),
    "a wrong sum": (
        whole(gzip.compress(b"# hi")[:-8] + bytes(8), b"Content-Encoding: gzip"),
        "damaged gzip",
    ),
    "two gzips": (whole(gzip.compress(b"# hi") * 2, b"Content-Encoding: gzip"), "behind it"),
    "gzip twice": (whole(b"# hi", b"Content-Encoding: gzip, gzip"), "something else than gzip"),
    "brotli": (whole(b"# hi", b"Content-Encoding: br"), "something else than gzip"),
    "half of it": (b"HTTP/1.1 206 x\r\n\r\n# hi", "answered HTTP 206; expected the list itself"),
    "no content": (b"HTTP/1.1 204 x\r\n\r\n", "answered HTTP 204"),
    "a redirect to nowhere": (b"HTTP/1.1 302 x\r\n\r\n", "answered HTTP 302"),
}
LOCATIONS = {
    b"/": "more than 5 redirects",
    b"": "more than 5 redirects",
    b"http://": "more than 5 redirects",
    b"\xff\xfe": "UnicodeDecodeError",
    b"http://\xff/": "UnicodeDecodeError",
    b"file:///etc/passwd": "leads from http to file, expected https",
    b"ftp://example.org/": "leads from http to ftp",
    b"data:,x": "leads from http to data",
    b"https://": "InvalidURL",
    b"http://[": "ValueError",
    b"http://[zz]/": "ValueError",
    b"http://127.0.0.1:99999/": "ValueError",
    b"http://127.0.0.1:x/": "ValueError",
    b"http://a..b/": "UnicodeError",
    b"http://" + b"a" * 300 + b"/": "UnicodeError",
    b"http://\x7f/": "InvalidURL",
    b"http://user:hunter2@ex\xe2\x84\x80mple.invalid/": "ValueError",
    b"http://user:hunter2@127.0.0.1:9/": "ConnectionError",
}


@pytest.mark.parametrize("answer", READ.values(), ids=READ)
def test_what_can_be_read_is_read(answer: bytes, serve: Serve) -> None:
    assert read_source(f"http://127.0.0.1:{serve(answer).port}/") == "# hi"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [*UNREAD.values(), *((redirect(place), reason) for place, reason in LOCATIONS.items())],
    ids=[*UNREAD, *map(ascii, LOCATIONS)],
)
def test_every_other_answer_is_one_line(answer: bytes, reason: str, serve: Serve) -> None:
    url = f"http://user:{SECRET}@127.0.0.1:{serve(answer).port}/list.md?token={SECRET}"
    with pytest.raises(FetchError) as caught:
        read_source(url)
    message = str(caught.value)
    assert reason in message
    assert message.startswith(shown_address(url))
    assert message.isprintable()
    assert SECRET not in message + caught.value.url


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://", "InvalidURL"),
        ("http://user:hunter2@/", "InvalidURL"),
        ("http://127.0.0.1:99999/", "InvalidURL"),
        ("http://127.0.0.1:x/", "InvalidURL"),
        ("http://a b/", "InvalidURL"),
        ("http://[::1/", "ValueError"),
        ("http://a..b/", "UnicodeError"),
        ("http://*/", "InvalidURL"),
        ("http://127.0.0.1:9/\n\x1b[31m", "ConnectionError"),
        ("http://\ud800@127.0.0.1:9/", "UnicodeEncodeError"),
        ("http://127.0.0.1:9/\ud800", "could not be read"),
        ("http://user:hunter2", "InvalidURL"),
        ("http://user:hun/ter2@127.0.0.1:9/", "InvalidURL"),
        ("http://user:1#hunter2@127.0.0.1:9/", "could not be read"),
        (" http://user:hunter2@127.0.0.1:9/", "cannot read"),
        ("http:/user:hunter2@127.0.0.1/", "cannot read"),
        ("ftp://user:hunter2@127.0.0.1/", "cannot read"),
    ],
)
def test_odd_addresses_are_one_line(
    url: str, message: str, names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    names["user"] = []
    with pytest.raises((FetchError, ListError), match=message) as caught:
        read_source(url)
    assert str(caught.value).isprintable()
    assert SECRET not in str(caught.value)
    assert "ter2" not in str(caught.value)


# ── who may be asked ─────────────────────────────────────────────────────────────────────────

PRIVATE = (
    "127.0.0.1 10.0.0.5 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 "
    "239.1.1.1 240.0.0.1 255.255.255.255 198.18.0.1 ::1 :: fe80::1 fe80::1%lo fc00::1 fec0::1 "
    "ff02::1 ::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::a00:1 64:ff9b:1::1 2002:7f00:1:: 2001:db8::1 "
    "168.63.129.16 192.0.0.192 192.88.99.1 3fff::1"
)
PUBLIC = "1.1.1.1 93.184.216.34 2606:4700::1111 ::ffff:1.1.1.1 64:ff9b::101:101 2002:101:101::"


@pytest.mark.parametrize("ip", PRIVATE.split())
def test_what_is_not_public(ip: str) -> None:
    assert not is_public(ip)


@pytest.mark.parametrize("ip", PUBLIC.split())
def test_what_is_public(ip: str) -> None:
    assert is_public(ip)


def test_a_host_has_one_name() -> None:
    hosts = ["LIST.Example.", "[::1]", "0:0:0:0:0:0:0:1", "10.0.0.5", "2130706433"]
    assert list(map(host_name, hosts)) == ["list.example", "::1", "::1", "10.0.0.5", "2130706433"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LocalHost"])
def test_a_host_that_the_address_names_is_asked(host: str, serve: Serve) -> None:
    assert read_source(f"http://{host}:{serve(whole(b'# hi')).port}/") == "# hi"


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "017700000001", "127.1", "intern"])
def test_other_names_of_private_hosts_have_to_be_allowed(
    host: str, serve: Serve, names: dict[str, list[str]]
) -> None:
    names["intern"] = ["127.0.0.1"]
    server = serve(whole(b"# hi"))
    url = f"http://{host}:{server.port}/"
    with pytest.raises(FetchError) as caught:
        read_source(url, allow_hosts=["other"])
    assert str(caught.value) == (
        f"{url} leads to {host} (127.0.0.1), expected a host of the public internet; ask for "
        "that host itself, or allow it by name with --allow-host"
    )
    assert not server.asked
    assert read_source(url, allow_hosts=["other", host.upper()]) == "# hi"


def test_one_private_address_of_several_is_enough_to_refuse(names: dict[str, list[str]]) -> None:
    names["mixed.example"] = ["1.1.1.1", "::ffff:10.0.0.5"]
    with pytest.raises(FetchError, match=r"leads to mixed\.example \(::ffff:10\.0\.0\.5\)"):
        read_source("http://mixed.example/")


def test_a_name_is_looked_up_once(
    serve: Serve, names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    names["intern"] = ["127.0.0.1"]
    server, asked = serve(whole(b"# hi")), []
    lookup = socket.getaddrinfo

    def counting(host: str, *args: object, **options: object) -> object:
        asked.append(host)
        return lookup(host, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", counting)
    assert read_source(f"http://intern:{server.port}/", allow_hosts=["intern"]) == "# hi"
    assert asked == ["intern", "127.0.0.1"]
    assert f"\r\nHost: intern:{server.port}\r\n".encode() in server.asked[0]


@pytest.mark.parametrize(
    "place",
    "127.0.0.2 2130706433 0x7f.1 localhost [::1] [::ffff:127.0.0.1] 169.254.169.254 0 intern "
    "[64:ff9b::7f00:1] [2002:7f00:1::]".split(),
)
def test_a_redirect_leads_to_no_private_host(
    place: str, serve: Serve, names: dict[str, list[str]]
) -> None:
    names["intern"] = ["127.0.0.1"]
    target = serve(whole(b"# hi"))
    server = serve(redirect(f"http://{place}:{target.port}/".encode()))
    with pytest.raises(FetchError, match="expected a host of the public internet"):
        read_source(f"http://127.0.0.1:{server.port}/")
    assert not target.asked


def test_a_redirect_may_stay_where_it_was_asked_to_go(serve: Serve) -> None:
    target = serve(whole(b"# hi"))
    server = serve(redirect(f"http://127.0.0.1:{target.port}/".encode()))
    assert read_source(f"http://127.0.0.1:{server.port}/") == "# hi"


def test_a_password_goes_to_its_host_alone(
    serve: Serve, names: dict[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names["other"] = ["127.0.0.1"]
    netrc = tmp_path / "netrc"
    netrc.write_text(f"default login user password {SECRET}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    target = serve(whole(b"# hi"))

    def answer(connection: socket.socket, request: bytes) -> None:
        place = b"/next" if b"/list.md" in request else b"http://other:%d/" % target.port
        connection.sendall(redirect(place))

    server = serve(answer)
    url = f"http://us%40er:{SECRET}%C3%A9@127.0.0.1:{server.port}/list.md"
    assert read_source(url, allow_hosts=["other"]) == "# hi"
    expected = base64.b64encode(f"us@er:{SECRET}é".encode())
    assert [b"Authorization: Basic " + expected in request for request in server.asked] == [
        True
    ] * 2
    assert b"authorization" not in target.asked[0].lower()


def test_a_proxy_is_used_but_not_for_private_hosts(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(connection: socket.socket, request: bytes) -> None:
        places = {b"/a": b"http://10.0.0.5/", b"/b": b"http://2130706433/", b"/c": b"/list.md"}
        for path, place in places.items():
            if path + b" " in request:
                connection.sendall(redirect(place))
        connection.sendall(whole(b"# hi"))

    proxy = serve(answer)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
    assert read_source("http://list.invalid/c") == "# hi"
    assert [request.split()[1] for request in proxy.asked] == [
        b"http://list.invalid/c",
        b"http://list.invalid/list.md",
    ]
    for path in ("a", "b"):
        with pytest.raises(FetchError, match="expected a host of the public internet"):
            read_source(f"http://list.invalid/{path}")
    assert len(proxy.asked) == 4


# ── TLS ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate for list.example, and trust in it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "list.example")])
    now = datetime.now(UTC)
    names = [x509.DNSName("list.example"), x509.IPAddress(ip_address("127.0.0.9"))]
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    pem = serialization.Encoding.PEM
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_a_certificate_is_that_of_the_name(
    serve: Serve, names: dict[str, list[str]], context: ssl.SSLContext
) -> None:
    names |= {"list.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]}
    asked: list[object] = []
    context.sni_callback = lambda connection, name, _: asked.append(name)
    server = serve(whole(b"# hi"), context)
    hosts = ["list.example", "other.example"]
    assert read_source(f"https://list.example:{server.port}/", allow_hosts=hosts) == "# hi"
    assert asked == ["list.example"]
    with pytest.raises(FetchError, match="SSLError"):
        read_source(f"https://other.example:{server.port}/", allow_hosts=hosts)


def test_a_proxy_tunnels_to_the_host(
    serve: Serve, context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tunnel(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with context.wrap_socket(connection, server_side=True) as inner:
            inner.recv(65536)
            inner.sendall(whole(b"# hi"))

    proxy = serve(tunnel)
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
    assert read_source("https://list.example/") == "# hi"
    assert proxy.asked[0].startswith(b"CONNECT list.example:443 HTTP/1.")


def test_no_redirect_leads_from_https_to_http(
    serve: Serve, names: dict[str, list[str]], context: ssl.SSLContext
) -> None:
    names["list.example"] = ["127.0.0.1"]
    target = serve(whole(b"# hi"))
    server = serve(redirect(b"http://list.example:%d/" % target.port), context)
    with pytest.raises(FetchError, match="leads from https to http, expected https"):
        read_source(f"https://list.example:{server.port}/", allow_hosts=["list.example"])
    assert not target.asked


# ── what is shown and kept ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8080/api", True),
        ("http://u:p@LocalHost./", True),
        ("http://[::1]/", True),
        ("https://localhost.example.org/", False),
        ("http://10.0.0.1/", False),
        ("https://export.arxiv.org/api/query", False),
        ("http://[/", False),
        ("", False),
    ],
)
def test_which_addresses_are_of_this_machine(url: str, expected: bool) -> None:
    assert is_of_this_machine(url) is expected


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://example.org/a/list.md", "https://example.org/a/list.md"),
        ("https://user:hunter2@example.org:81/list.md", "https://example.org:81/list.md"),
        ("https://hunter2@example.org/list.md?a=b@c#d", "https://example.org/list.md"),
        ("https://u:hunter2@[::1]:81/list.md", "https://[::1]:81/list.md"),
        ("https://example.org/a@b/list.md", "https://example.org/a@b/list.md"),
        ("https://example.org/list.md?token=hunter2", "https://example.org/list.md"),
        ("https://user:1/hunter2@example.org/", NOT_SHOWN),
        ("https://user:hunter2", NOT_SHOWN),
        ("https://user%3Ahunter2%40example.org/", NOT_SHOWN),
        ("https://user:hunter2@[/", NOT_SHOWN),
    ],
)
def test_what_is_shown_of_an_address(address: str, shown: str) -> None:
    assert shown_address(address) == shown
    assert shown_source(address) == shown


@pytest.mark.parametrize("file", ["a@b/list.md", "list.md?x#y", "C:/a@b", "/a:b@c"])
def test_a_file_is_shown_as_it_is(file: str) -> None:
    assert shown_source(file) == file
    assert shown_source(Path(file)) == str(Path(file))


def test_an_index_keeps_the_name_of_its_list_alone(serve: Serve, tmp_path: Path) -> None:
    server = serve(whole(LIST.encode()))
    url = f"http://user:{SECRET}@127.0.0.1:{server.port}/list.md?token={SECRET}/x"
    report = build_index(url, tmp_path / "index", encoder=WordEncoder(), offline=True)
    assert report.search.status()["list"] == "list.md"
    for file in (tmp_path / "index").rglob("*.*"):
        assert SECRET.encode() not in file.read_bytes()


def test_commands_show_no_password_and_allow_hosts(
    serve: Serve, names: dict[str, list[str]]
) -> None:
    names["intern"] = ["127.0.0.1"]
    server = serve(whole(LIST.encode() + b"- No link\n"))
    url = f"http://user:{SECRET}@intern:{server.port}/list.md?token={SECRET}"
    for arguments in (["check", url], ["build", url, "--offline"], ["triage", url]):
        refused = CliRunner().invoke(app, arguments)
        assert isinstance(refused.exception, FetchError)
        assert "with --allow-host" in str(refused.exception)
        assert SECRET not in str(refused.exception)
    done = CliRunner().invoke(app, ["check", url, "--allow-host", "intern"])
    assert done.exit_code == 0
    assert SECRET not in done.output
    assert f"http://intern:{server.port}/list.md:3: list item" in done.output


# ── arXiv ────────────────────────────────────────────────────────────────────────────────────


def report_of(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(API_URL_VARIABLE, url)
    cache = tmp_path / "abstracts.jsonl"
    return fetch_abstracts(["2401.00001"], cache, interval=0, sleep=lambda _: None).error


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        (b"http://127.0.0.2/", "leads to 127.0.0.2, expected a host of the public internet"),
        (b"file:///etc/passwd", "leads from http to file"),
        (b"/", "got Exceeded 5 redirects."),
        (b"\xff", "got an answer that cannot be read (UnicodeDecodeError)"),
        (b"http://user:hunter2@[", "got an answer that cannot be read (ValueError)"),
    ],
)
def test_arxiv_is_not_followed_everywhere(
    location: bytes, reason: str, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(redirect(location))
    url = f"http://user:{SECRET}@127.0.0.1:{server.port}/api?key={SECRET}"
    error = report_of(url, tmp_path, monkeypatch)
    assert reason in error
    assert f"http://127.0.0.1:{server.port}/api" in error
    assert SECRET not in error
    expected = base64.b64encode(f"user:{SECRET}".encode())
    assert b"\r\nAuthorization: Basic " + expected in server.asked[0]


def test_arxiv_has_a_deadline_too(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arxiv_api, "TOTAL_TIMEOUT", 0.3)
    monkeypatch.setattr(arxiv_api, "MAX_TRIES", 2)
    server = serve(again(OK + b"\r\n", b"<", 30, 0.05))
    error = report_of(f"http://127.0.0.1:{server.port}/api", tmp_path, monkeypatch)
    assert "got no answer in time" in error
    assert "after 2 tries" in error


@pytest.mark.parametrize(
    "url", ["http://user:hunter2", "http://u:hunter2@[", "ftp://u:hunter2@h/", "http://{}:9/{"]
)
def test_an_odd_address_of_arxiv_is_one_line(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = report_of(url, tmp_path, monkeypatch)
    assert error.startswith("got ")
    assert SECRET not in error


@pytest.mark.parametrize(
    ("deadline", "reason"), [(0.0, requests.ConnectTimeout), (math.inf, requests.ConnectionError)]
)
def test_who_is_slow_to_connect_is_slow(deadline: float, reason: type[Exception]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    bounds = downloads.Bounds("kites", frozenset({"127.0.0.1"}), deadline)
    with downloads.Session(downloads.Transport(bounds)) as session:
        with pytest.raises(reason) as failed:
            session.get(f"http://127.0.0.1:{port}/")
        assert type(failed.value) is reason
