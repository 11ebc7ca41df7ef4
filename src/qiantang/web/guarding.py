"""What every answer carries and every unsafe request must show: strict content policy, same origin, bounded size."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 64 * 1024 * 1024
"""Bytes of a request's body at most: a department's workbook is smaller."""
LARGEST_TEXT = 1024 * 1024
"""Bytes of a body that carries no file: a form or JSON, which is read whole."""
_SWALLOWED = 4
"""A body that is too large is read on, and thrown away, up to so many times the limit: a browser hears the answer only then."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
          "form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
_ALWAYS = {
    "content-security-policy": POLICY, "x-content-type-options": "nosniff", "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()"}


class Guard:
    """ASGI middleware around everything."""

    def __init__(self, app: ASGIApp, largest_body: int = LARGEST_BODY, largest_text: int = LARGEST_TEXT) -> None:
        self._app = app
        self._largest = largest_body
        self._largest_text = largest_text

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request or socket through, or refuse it before anything reads it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers, carefully = Headers(scope=scope), self._with_headers(send)
        unsafe = scope["type"] == "websocket" or scope["method"] not in _SAFE
        if unsafe and not same_origin(headers, bearer_suffices=scope["type"] == "http"):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008, "reason": "origin"})
            else:
                said = "此请求来自别的网站，已拒绝。This request comes from another site and was refused."
                await PlainTextResponse(said, 403)(scope, receive, carefully)
            return
        if scope["type"] == "websocket":
            await self._app(scope, receive, carefully)
            return
        largest = self._largest if headers.get("content-type", "").lower().startswith("multipart/form-data") else self._largest_text
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > largest:
            if "expect" not in headers:
                await _swallowed(receive, largest * _SWALLOWED)
            await _too_large(largest)(scope, receive, carefully)
            return
        await self._bounded(largest, scope, receive, carefully)

    async def _bounded(self, largest: int, scope: Scope, receive: Receive, send: Send) -> None:
        """A body that comes in pieces without a length is cut off at the same size; what was answered to the rest is not sent."""
        got, begun = 0, False

        async def bounded() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b"") or b"")
            return {"type": "http.disconnect"} if got > largest else message

        async def sent(message: Message) -> None:
            nonlocal begun
            if got <= largest:
                begun = True
                await send(message)

        try:
            await self._app(scope, bounded, sent)
        except Exception:
            if got <= largest:
                raise
        if got > largest and not begun:
            await _swallowed(receive, largest * _SWALLOWED)
            await _too_large(largest)(scope, receive, send)

    def _with_headers(self, send: Send) -> Send:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        return with_headers


def same_origin(headers: Headers, bearer_suffices: bool = True) -> bool:
    """Whether a request comes from this site's own pages, or from a program that shows a token and no cookie.

    A browser says where a request comes from; one that says neither is no browser's.
    """
    if bearer_suffices and headers.get("authorization", "").lower().startswith("bearer ") and "cookie" not in headers:
        return True
    site = headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc == headers.get("host")
    return site == "same-origin"


async def _swallowed(receive: Receive, most: int) -> None:
    """Read on and keep nothing, until the end or so many bytes."""
    got = 0
    while got <= most:
        message = await receive()
        got += len(message.get("body", b"") or b"")
        if message["type"] != "http.request" or not message.get("more_body", False):
            return


def _too_large(largest: int) -> PlainTextResponse:
    size = largest // 1024 // 1024
    said = f"上传内容超过 {size} MB，已拒绝；什么也没有保存。More than {size} MB were sent; refused, and nothing was kept."
    return PlainTextResponse(said, 413, headers={"connection": "close"})
