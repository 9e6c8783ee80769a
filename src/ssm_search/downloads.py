"""Addresses → bytes: bounded in time and size, from public hosts or from those that were named."""

from __future__ import annotations

import http.client
import io
import math
import socket
import time
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes, urljoin, urlsplit, urlunsplit

import requests
from requests.auth import HTTPBasicAuth
from requests.exceptions import ContentDecodingError, TooManyRedirects
from requests.utils import select_proxy
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.util.connection import create_connection

from ssm_search.addresses import host_name, is_ip, is_public, shown_address
from ssm_search.errors import FetchError, ListError

CONNECT_TIMEOUT = 10.0  # seconds, for each IP address of a host
TOTAL_TIMEOUT = 60.0  # seconds, with all redirects: the longest list (40 MB) at 6 Mbit/s
MAX_REDIRECTS = 5  # to https, to another host, to where its files are, and two to spare


@dataclass(slots=True)
class Bounds:
    """Whom a session may ask, and until when.

    Attributes:
        address: what was asked for, as messages may show it.
        hosts: those that need not be public, as :func:`~ssm_search.addresses.host_name` has them.
        deadline: of ``time.monotonic()``, in seconds.
    """

    address: str
    hosts: frozenset[str]
    deadline: float = math.inf

    def remaining(self) -> float:
        """Seconds until the deadline; TimeoutError once it is over."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline is over")
        return left

    def ips_of(self, host: str, port: int, flags: int = 0) -> list[str]:
        """The IP addresses of ``host``; FetchError unless all of them may be asked."""
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=flags)
        ips = [str(address[0]) for *_, address in found]
        for ip in ips:
            if not is_public(ip) and host_name(host) not in self.hosts:
                where = host if ip in (host, host_name(host)) else f"{host} ({ip})"
                raise FetchError(
                    f"{self.address} leads to {where}, expected a host of the public internet; "
                    "ask for that host itself, or allow it by name with --allow-host",
                    url=self.address,
                )
        return ips


class Transport(requests.adapters.HTTPAdapter):
    """Connections within ``bounds``.

    The proxies of the environment are used. Behind one, only hosts that are written as numbers are
    checked here: which IP addresses names have is the proxy's business.
    """

    def __init__(self, bounds: Bounds):
        super().__init__()
        self.bounds = bounds

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """The pool of a host; its connections are told what they have to keep to."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        proxied = bool(select_proxy(args[0].url, kwargs["proxies"]))
        if proxied:
            host = host_name(urlsplit(args[0].url).hostname or "")
            with suppress(socket.gaierror):
                self.bounds.ips_of(host, 0, 0 if host == "localhost" else socket.AI_NUMERICHOST)
        if pool.ConnectionCls is type(pool).ConnectionCls:  # else it was there before
            own = {"bounds": self.bounds, "proxied": proxied}
            pool.ConnectionCls = type("Connection", (_Connection, pool.ConnectionCls), own)
        return pool

    def close(self) -> None:
        """Close all connections, which urllib3 leaves to the garbage collector after an error."""
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            for key in manager.pools.keys():  # noqa: SIM118 (it is no dict)
                manager.pools[key].close()
        super().close()


class _Connection(HTTPConnection):
    bounds: Bounds
    proxied: bool

    def _new_conn(self) -> socket.socket:
        if self.proxied:
            return super()._new_conn()
        failure: OSError | None = None
        try:
            for ip in self.bounds.ips_of(self._dns_host, self.port):
                timeout = min(CONNECT_TIMEOUT, self.bounds.remaining())
                try:
                    # By number, so that nobody gives a second answer to who the host is.
                    return create_connection((ip, self.port), timeout, None, self.socket_options)
                except OSError as error:
                    failure = error
        except OSError as error:
            failure = error
        late = isinstance(failure, TimeoutError)
        raise (ConnectTimeoutError if late else NewConnectionError)(self, str(failure)) from failure

    def response_class(  # type: ignore[override]
        self, sock: socket.socket, **options: Any
    ) -> http.client.HTTPResponse:
        response = http.client.HTTPResponse(sock, **options)
        response.fp = io.BufferedReader(_Timed(response.fp, sock, self.bounds))
        return response


class _Timed(io.RawIOBase):
    """What a socket receives, until the deadline, however little each time."""

    def __init__(self, file: io.BufferedReader, sock: socket.socket, bounds: Bounds):
        self.file, self.sock, self.bounds = file, sock, bounds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self.sock.settimeout(min(self.sock.gettimeout() or math.inf, self.bounds.remaining()))
        return self.file.raw.readinto(buffer)

    def close(self) -> None:
        self.file.close()
        super().close()


class Session(requests.Session):
    """A session that follows few redirects and checks each as it did the first address."""

    def __init__(self, transport: Transport):
        super().__init__()
        self.bounds = transport.bounds
        self.max_redirects = MAX_REDIRECTS
        self.headers["Accept-Encoding"] = "gzip"
        for scheme in ("https://", "http://"):
            self.mount(scheme, transport)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """The next address, without a user; FetchError for schemes that are not followed."""
        if not resp.is_redirect:
            return None
        resp._content = b""  # requests would read it, however long
        resp.close()
        target = urljoin(resp.url, super().get_redirect_target(resp))
        before, parts = urlsplit(resp.url), urlsplit(target)
        if parts.scheme not in ("https", before.scheme):
            raise FetchError(
                f"{self.bounds.address} leads from {before.scheme} to {parts.scheme}, expected "
                "https; give the address where the list itself is",
                url=self.bounds.address,
            )
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

    def rebuild_auth(self, prepared_request: Any, response: Any) -> None:
        """Keep passwords from other hosts, also one that ~/.netrc has for all of them."""
        strip: Any = self.should_strip_auth
        if strip(response.request.url, prepared_request.url):
            prepared_request.headers.pop("Authorization", None)


def download(url: str, limit: int, allow_hosts: Sequence[str] = ()) -> bytes:
    """What an http(s) address answers within ``TOTAL_TIMEOUT`` and ``MAX_REDIRECTS``.

    Only the system bounds how long it takes to look up a name.

    Args:
        limit: bytes, once they are unpacked.
        allow_hosts: names of hosts that need not be public. One that stands in ``url`` as an IP
            address or as localhost is asked for by name.

    Raises:
        ListError: the answer is longer than ``limit``.
        FetchError: there is no such answer, or it may not be asked for.
    """
    shown, deadline = shown_address(url), time.monotonic() + TOTAL_TIMEOUT
    try:
        address, auth = without_user(url)
        host = host_name(urlsplit(address).hostname or "")
        hosts = [*allow_hosts, *([host] if is_ip(host) or host == "localhost" else [])]
        bounds = Bounds(shown, frozenset(map(host_name, hosts)), deadline)
        timeout = (CONNECT_TIMEOUT, TOTAL_TIMEOUT)
        with (
            Session(Transport(bounds)) as session,
            session.get(address, auth=auth, timeout=timeout, stream=True) as response,
        ):
            if response.status_code != 200:
                raise FetchError(
                    f"{shown} answered HTTP {response.status_code}; expected the list itself",
                    url=shown,
                    status=response.status_code,
                )
            content = read_body(response, limit)
    except (OSError, ValueError, HTTPError, http.client.HTTPException) as error:
        reason = type(error).__name__
        if isinstance(error, TooManyRedirects):
            reason = f"more than {MAX_REDIRECTS} redirects"
        elif isinstance(error, ContentDecodingError):
            reason = str(error)
        elif time.monotonic() >= deadline:
            reason = f"not all of it within {TOTAL_TIMEOUT:g} s"
        raise FetchError(
            f"{shown} could not be read ({reason}); check the address and the network", url=shown
        ) from error
    if content is None:
        raise ListError(f"{shown} is longer than {limit:,} bytes; give a smaller list")
    return content


def read_body(response: requests.Response, limit: int) -> bytes | None:
    """The bytes of an answer, unpacked; None, as soon as it is known, for more than ``limit``.

    Raises:
        ContentDecodingError: it is damaged, or packed by something else than gzip.
        urllib3.exceptions.HTTPError: it broke off, or the deadline is over.
    """
    packing = response.headers.get("Content-Encoding", "").strip().lower() or "identity"
    if packing not in ("identity", "gzip", "x-gzip"):
        raise ContentDecodingError("packed by something else than gzip")
    if (response.raw.length_remaining or 0) > limit:
        return None
    unpacker = None if packing == "identity" else zlib.decompressobj(zlib.MAX_WBITS | 16)
    body, received = bytearray(), 0
    for chunk in response.raw.stream(65_536, decode_content=False):
        received += len(chunk)
        try:
            body += unpacker.decompress(chunk, limit + 1 - len(body)) if unpacker else chunk
        except zlib.error as error:
            raise ContentDecodingError("damaged gzip") from error
        if max(len(body), received) > limit:
            return None
        if unpacker and unpacker.unused_data:
            raise ContentDecodingError("gzip with something behind it")
    if unpacker and not unpacker.eof:
        raise ContentDecodingError("gzip that breaks off")
    return bytes(body)


def without_user(url: str) -> tuple[str, HTTPBasicAuth | None]:
    """``url`` without user and password, and what gives them to the server instead."""
    parts = urlsplit(url)
    user, _, netloc = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    auth = HTTPBasicAuth(unquote_to_bytes(name), unquote_to_bytes(password)) if user else None
    return urlunsplit(parts._replace(netloc=netloc)), auth
