"""Requests of python-telegram-bot over aiohttp, which makes much less work of them than httpx."""

import os
import ssl
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import certifi
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

CONNECT_SECONDS = 5.0


class AiohttpRequest(BaseRequest):
    """Implements the library's `BaseRequest`; connections are opened when first needed.

    A failure's cause is aiohttp's error: it tells whether anything had left this machine.
    """

    def __init__(
        self, base_url: str, *, pool: int, answer_seconds: float, upload_seconds: float
    ) -> None:
        """Prepare up to *pool* connections to *base_url*.

        A server may be silent for *answer_seconds*, or *upload_seconds* while it gets a file.
        """
        self._base_url = base_url
        self._pool = pool
        self._answer_seconds = answer_seconds
        self._upload_seconds = upload_seconds
        self._http: aiohttp.ClientSession | None = None
        self._is_closed = False

    @property
    def read_timeout(self) -> float | None:
        """Return for how many seconds a server may be silent, if a call does not say."""
        return self._answer_seconds

    async def initialize(self) -> None:
        """Do nothing: the first request opens a connection."""

    async def shutdown(self) -> None:
        """Close the connections for good; may be called twice."""
        self._is_closed = True
        if self._http is not None:
            await self._http.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Send one request and return the answer's status and body.

        Raises:
            TimedOut: No connection, or no answer, in time.
            NetworkError: The connection failed or broke.
            RuntimeError: The connections are closed.
        """
        if self._is_closed:
            raise RuntimeError
        if self._http is None:
            self._http = self._open()
        silence = read_timeout
        if silence is BaseRequest.DEFAULT_NONE:
            silence = self._upload_seconds if _has_files(request_data) else self._answer_seconds
        try:
            async with self._http.request(
                method,
                url,
                data=_body(request_data),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(connect=CONNECT_SECONDS, sock_read=silence),
            ) as response:
                return response.status, await response.read()
        except TimeoutError as error:
            raise TimedOut from error
        except aiohttp.ClientError as error:
            # The errors' own words quote the address, and with it the token.
            raise NetworkError(type(error).__name__) from error

    def _open(self) -> aiohttp.ClientSession:
        address = urlsplit(self._base_url)
        tls = _certificates() if address.scheme == "https" else True
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._pool, ssl=tls),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self.USER_AGENT},
            proxy=_proxy(address.scheme, address.hostname or ""),
        )


def _certificates() -> ssl.SSLContext:
    """Trust what the environment names, or else the usual authorities, wherever Python is from."""
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    known = None if file or folder else certifi.where()
    return ssl.create_default_context(cafile=file or known, capath=folder)


def _proxy(scheme: str, host: str) -> str | None:
    """Return the proxy that the environment names for a host."""
    proxies = getproxies()
    return None if proxy_bypass(host) else proxies.get(scheme) or proxies.get("all")


def _has_files(request_data: RequestData | None) -> bool:
    return request_data is not None and request_data.contains_files


def _body(request_data: RequestData | None) -> Any:
    if request_data is None:
        return None
    if not request_data.contains_files:
        return request_data.json_parameters or None
    form = aiohttp.FormData(request_data.json_parameters)
    for name, (filename, content, mime) in request_data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=mime)
    return form
