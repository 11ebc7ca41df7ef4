"""Every page by the same five routes: read it, act on it, take a table away, and the JSON twins of reading and acting."""

from __future__ import annotations

import logging
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from qiantang.district.asking import Asking, asking
from qiantang.district.brain import Brain
from qiantang.district.identity import NOBODY, Identity
from qiantang.kernel.errors import QiantangError, SubjectError
from qiantang.kernel.pages.blocks import Banner, Block, Drawn, Section, Table
from qiantang.kernel.pages.declaring import Act, Done, Page, Upload
from qiantang.kernel.pages.portions import WHOLE
from qiantang.kernel.pages.values import to
from qiantang.kernel.words import LANGS, Lang, Text, same
from qiantang.web.addresses import Addresses
from qiantang.web.authority import Authority
from qiantang.web.exporting import FILE_FORMS, MEDIA_TYPES, FileForm, tables_of, written
from qiantang.web.kinds.rendering import render_blocks, render_content, render_page
from qiantang.web.languages import LANG_COOKIE, lang_of
from qiantang.web.letters.rendering import letter_pdf
from qiantang.web.plain import Json, plain
from qiantang.web.shell import MenuEntry, Shell

_Endpoint = Callable[..., Any]
_LOG = logging.getLogger(__name__)
_MOST_FIELDS = 400
_SAID_KEPT = 1000
_SAID_COOKIE = "qt-said"


class Server:
    """Draws pages for whoever asks, and carries out what is done on them."""

    def __init__(self, brain: Brain, authority: Authority, pages: Mapping[str, Page], addresses: Addresses) -> None:
        self.brain = brain
        self.authority = authority
        self.pages = pages
        self.addresses = addresses
        self._said: OrderedDict[str, Text] = OrderedDict()

    def join(self, app: FastAPI) -> None:
        """Put the routes of all pages into the application."""
        app.add_api_route("/", self._front, include_in_schema=False)
        app.add_api_route("/healthz", _healthy, include_in_schema=False)
        for page in self.pages.values():
            route = self.addresses.route(page)
            app.add_api_route(route, self._reader(page), methods=["GET"], include_in_schema=False, name=page.name)
            app.add_api_route(f"/take{route}", self._taker(page), methods=["GET"], include_in_schema=False, name=f"take {page.name}")
            app.add_api_route(f"/api/v1{route}", self._twin(page), methods=["GET"], name=f"{page.name} as JSON", tags=[page.name],
                              summary=page.title.en, openapi_extra=_asked_schema(page), responses=_ANSWERS)
            for act in page.acts:
                app.add_api_route(f"{route}/{act.name}", self._actor(page, act), methods=["POST"], include_in_schema=False,
                                  name=f"{page.name}: {act.name}")
                app.add_api_route(f"/api/v1{route}/{act.name}", self._acting_twin(page, act), methods=["POST"], tags=[page.name],
                                  name=f"{page.name}: {act.name} as JSON", summary=act.title.en, openapi_extra=_act_schema(page),
                                  responses=_ANSWERS)
        app.add_exception_handler(404, self._missing)
        app.add_exception_handler(405, self._missing)
        app.add_exception_handler(400, self._unreadable)
        app.add_exception_handler(Exception, self._broken)

    # --- reading ---

    def _front(self, request: Request) -> Response:
        who = self.authority.identity(request)
        menu = self._menu(who, None)
        return RedirectResponse(menu[0].path if menu else "/login", 303)

    def _reader(self, page: Page) -> _Endpoint:
        def read(request: Request) -> Response:
            who = self.authority.identity(request)
            refused = self._refused(page, who, request)
            if refused is not None:
                return refused
            shell = self._shell(page, who, request)
            try:
                drawn = self.draw(page, who, _asked(page, request))
            except QiantangError as error:
                return self._error(error, shell, request)
            said = self._said.pop(request.cookies.get(_SAID_COOKIE, ""), None)
            if said is not None:
                drawn = with_banner(drawn, Banner(said, "ok"))
            answer = _page(drawn, shell, request)
            if said is not None:
                answer.delete_cookie(_SAID_COOKIE)
            asked_lang = request.query_params.get("lang")
            if asked_lang in LANGS:
                answer.set_cookie(LANG_COOKIE, asked_lang, max_age=31_536_000, samesite="lax", httponly=True)
            return answer

        return read

    def draw(self, page: Page, who: Identity, asked: Mapping[str, str]) -> Drawn:
        """A page as it stands for somebody; reading a named subject is logged."""
        with asking(self.brain, who, asked) as ask:
            drawn = page.draw(ask)
            about = asked.get("subject") or _subject_of_case(ask, asked.get("case", ""))
            if page.named and about:
                ask.log("page.read", about, {"page": page.name})
            return drawn

    def _log_taken(self, page: Page, who: Identity, table: Table, form: FileForm) -> None:
        """Who takes a whole table away reads everybody in it: one entry says which, and how many rows."""
        with asking(self.brain, who, {}) as ask:
            ask.log("table.taken", f"page:{page.name}", {"table": table.name, "form": form, "rows": len(table.rows)})

    def _taker(self, page: Page) -> _Endpoint:
        def take(request: Request) -> Response:
            who = self.authority.identity(request)
            refused = self._refused(page, who, request)
            if refused is not None:
                return refused
            shell = self._shell(page, who, request)
            name, form = request.query_params.get("table", ""), request.query_params.get("form", "csv")
            try:
                drawn = self.draw(page, who, _asked(page, request) | {WHOLE: "1"})
            except QiantangError as error:
                return self._error(error, shell, request)
            table = next((t for t in tables_of(drawn) if t.name == name and t.exports), None)
            if table is None or form not in FILE_FORMS:
                return self._not_there(shell, request)
            kind: FileForm = next(f for f in FILE_FORMS if f == form)
            self._log_taken(page, who, table, kind)
            return Response(written(table, kind, shell.lang), media_type=MEDIA_TYPES[kind],
                            headers={"content-disposition": _attachment(f"{page.name}-{name}.{kind}")})

        return take

    def _twin(self, page: Page) -> _Endpoint:
        def twin(request: Request) -> Response:
            who = self.authority.identity(request)
            refused = self._refused_json(page, who)
            if refused is not None:
                return refused
            try:
                return JSONResponse(plain(self.draw(page, who, _asked(page, request)), self.addresses))
            except QiantangError as error:
                return _error_json(error)

        return twin

    # --- acting ---

    def _actor(self, page: Page, act: Act) -> _Endpoint:
        async def do(request: Request) -> Response:
            who = await run_in_threadpool(self.authority.identity, request)
            refused = self._refused(page, who, request, act)
            if refused is not None:
                return refused
            values = await _form(request)

            def carry_out() -> Response:
                shell = self._shell(page, who, request)
                try:
                    done = self._done(page, act, who, _asked(page, request), values)
                except QiantangError as error:
                    return self._again(page, who, request, replace(shell, path=shell.path.removesuffix(f"/{act.name}")), error)
                if done.letter is not None:
                    wanted: Lang = "en" if values.get("language") == "en" else "zh"
                    proof = self.addresses.path(to("verify", code=done.letter.code))
                    pdf = letter_pdf(done.letter, wanted, f"{request.url.scheme}://{request.url.netloc}{proof}")
                    return Response(pdf, media_type="application/pdf", headers={"content-disposition": _attachment(f"{done.letter.code}.pdf")})
                if done.file is not None:
                    name, media, content = done.file
                    return Response(content, media_type=media, headers={"content-disposition": _attachment(name)})
                answer = RedirectResponse(self.addresses.path(done.to), 303)
                answer.set_cookie(_SAID_COOKIE, self._keep_said(done.said), max_age=60, samesite="lax", httponly=True)
                return answer

            return await run_in_threadpool(carry_out)

        return do

    def _acting_twin(self, page: Page, act: Act) -> _Endpoint:
        async def do(request: Request) -> Response:
            who = await run_in_threadpool(self.authority.identity, request)
            refused = self._refused_json(page, who, act)
            if refused is not None:
                return refused
            try:
                body = await request.json()
            except ValueError:
                body = None
            if not isinstance(body, dict) or not all(isinstance(v, str) for v in body.values()):
                return JSONResponse({"faults": [{"message": {"zh": "请求内容须为 JSON 对象，值为文字。",
                                                             "en": "The body must be a JSON object of texts."}}]}, 422)
            values: dict[str, str | Upload] = {str(k): str(v) for k, v in body.items()}
            try:
                done = await run_in_threadpool(self._done, page, act, who, _asked(page, request), values)
            except QiantangError as error:
                return _error_json(error)
            return JSONResponse({"said": plain(done.said, self.addresses), "to": plain(done.to, self.addresses)})

        return do

    def _done(self, page: Page, act: Act, who: Identity, asked: Mapping[str, str], values: Mapping[str, str | Upload]) -> Done:
        with asking(self.brain, who, asked) as ask:
            done = act.perform(ask, values)
            ask.log("page.act", asked.get("subject") or asked.get("case") or page.name, {"page": page.name, "act": act.name})
            return done

    def _again(self, page: Page, who: Identity, request: Request, shell: Shell, error: QiantangError) -> Response:
        """The page once more, with what was wrong on top of it; nothing was done."""
        try:
            drawn = self.draw(page, who, _asked(page, request))
        except QiantangError:
            return self._error(error, shell, request)
        for fault in error.faults:
            drawn = with_banner(drawn, Banner(fault.told, "alarm"))
        return _page(drawn, shell, request, 422)

    def _keep_said(self, said: Text) -> str:
        token = secrets.token_urlsafe(16)
        self._said[token] = said
        while len(self._said) > _SAID_KEPT:
            self._said.popitem(last=False)
        return token

    # --- who may, and what stands around a page ---

    def may_open(self, page: Page, who: Identity, act: Act | None = None) -> bool:
        """Whether somebody may open a page, or do something on it; a public page is read by everybody, its acts are not done by all."""
        return (page.public or page.needs in who.capabilities) and (act is None or act.needs in who.capabilities)

    def _refused(self, page: Page, who: Identity, request: Request, act: Act | None = None) -> Response | None:
        if self.may_open(page, who, act):
            return None
        if not who.name and request.method == "GET":
            back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            login = f"/login?next={quote(back)}"
            # A part of a page that is open cannot become the page of signing in; the browser goes there.
            return Response(status_code=401, headers={"hx-redirect": login}) if _is_part(request) else RedirectResponse(login, 303)
        return self._not_there(self._shell(None, who, request), request)

    def _refused_json(self, page: Page, who: Identity, act: Act | None = None) -> Response | None:
        if self.may_open(page, who, act):
            return None
        return JSONResponse({"faults": [{"message": {"zh": "请先登录。", "en": "Sign in first."}}]}, 401) if not who.name else _nothing_there()

    def _menu(self, who: Identity, now: Page | None) -> list[MenuEntry]:
        found = sorted((p for p in self.pages.values() if p.menu is not None and not p.path and self.may_open(p, who)),
                       key=lambda p: (p.menu or 0, p.name))
        return [MenuEntry(p.title, self.addresses.path(to(p.name)), p is now) for p in found]

    def _shell(self, page: Page | None, who: Identity, request: Request) -> Shell:
        return Shell(lang=lang_of(request), menu=tuple(self._menu(who, page)), who=who.title or who.name, path=request.url.path,
                     query=tuple(request.query_params.multi_items()), synthetic=self.brain.district.synthetic, district=self.brain.district.name,
                     wall=_wall(request), address=self.addresses.path)

    def _error(self, error: QiantangError, shell: Shell, request: Request) -> Response:
        missing = isinstance(error, SubjectError)
        title = Text("没有找到", "Not found") if missing else Text("不能这样做", "This cannot be done")
        banners = tuple(Banner(fault.told, "alarm") for fault in error.faults)
        return _page(Drawn(title, (Section(Text("原因", "Why"), banners),)), shell, request, 404 if missing else 422)

    def _not_there(self, shell: Shell, request: Request) -> Response:
        said = Text("这里没有您可以查看的内容。", "There is nothing here that you may see.")
        return _page(Drawn(Text("没有找到", "Not found"), (Section(said, ()),)), shell, request, 404)

    def _missing(self, request: Request, _: Exception) -> Response:
        return _nothing_there() if request.url.path.startswith("/api/") else self.not_there(request)

    def _unreadable(self, request: Request, _: Exception) -> Response:
        """A form that is none: cut off, of another kind, with a name or fields without end."""
        said = Text("提交的内容读不懂，什么也没有保存。", "What was sent cannot be read; nothing was kept.")
        if request.url.path.startswith("/api/"):
            return JSONResponse({"faults": [{"message": {"zh": said.zh, "en": said.en}}]}, 400)
        return _page(Drawn(Text("不能这样做", "This cannot be done"), (Section(said, ()),)), self._shell(None, NOBODY, request), request, 400)

    def _broken(self, request: Request, error: Exception) -> Response:
        """A fault of ours: it is logged under a number that the reader can name; what was to be kept was kept whole or not at all."""
        number = secrets.token_hex(4)
        # The server itself logs the trace beside this line.
        _LOG.error("request %s failed: %s %s: %r", number, request.method, request.url.path, error)
        said = Text(f"服务器出错，已记录，编号 {number}。此前保存的内容都在；刚才的操作要么完整保存，要么没有保存。请重试，仍不行时告知管理员这个编号。",
                    f"The server failed; it is logged under {number}. Everything kept before is safe; what you just did was kept whole or not at all. "
                    "Try again; if it fails once more, tell the administrator this number.")
        if request.url.path.startswith("/api/"):
            return JSONResponse({"faults": [{"message": {"zh": said.zh, "en": said.en}}]}, 500)
        return _page(Drawn(Text("出错了", "Something failed"), (Section(said, ()),)), self._shell(None, NOBODY, request), request, 500)

    def not_there(self, request: Request) -> Response:
        """The page that says there is nothing: the same for what does not exist and for what the asker may not see."""
        return self._not_there(self._shell(None, self.authority.identity(request), request), request)

    def render_live(self, blocks: Sequence[Block], lang: Lang) -> str:
        """Blocks of a channel as HTML, the same for everybody who watches it."""
        return render_blocks(blocks, Shell(lang=lang, menu=(), who="", path="/", query=(), synthetic=self.brain.district.synthetic,
                                           district=self.brain.district.name, wall=None, address=self.addresses.path))


def _subject_of_case(ask: Asking, case_id: str) -> str:
    found = ask.case(case_id) if case_id else None
    return found.subject if found is not None else ""


def _is_part(request: Request) -> bool:
    """Whether only the content is wanted, by a page that is open; one that goes back in its history wants the whole."""
    return request.headers.get("hx-request") == "true" and "hx-history-restore-request" not in request.headers


def _page(drawn: Drawn, shell: Shell, request: Request, status: int = 200) -> HTMLResponse:
    written = render_content(drawn, shell) if _is_part(request) else render_page(drawn, shell)
    return HTMLResponse(written, status, headers={"vary": "HX-Request, HX-History-Restore-Request"})


def with_banner(drawn: Drawn, banner: Banner) -> Drawn:
    """The page with one more thing to know on top."""
    return replace(drawn, sections=(Section(same(""), (banner,), name="said"), *drawn.sections))


def _asked(page: Page, request: Request) -> dict[str, str]:
    """What a page was asked, of what it understands; an empty answer was not given."""
    known = {"offset", "order", *page.asks, *page.path}
    found = {name: value for name, value in request.query_params.items() if name in known and value}
    return found | {name: str(request.path_params[name]) for name in page.path}


def _wall(request: Request) -> int | None:
    asked = request.query_params.get("wall", "")
    return int(asked) if asked in ("1920", "3840", "5760", "7680") else None


async def _form(request: Request) -> dict[str, str | Upload]:
    async with request.form(max_files=20, max_fields=_MOST_FIELDS) as form:
        values: dict[str, str | Upload] = {}
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                if value.filename:
                    values[name] = Upload(value.filename, await value.read())
            else:
                values[name] = value
        return values


def _attachment(name: str) -> str:
    return f"attachment; filename*=UTF-8''{quote(name)}"


def _nothing_there() -> JSONResponse:
    return JSONResponse({"faults": [{"message": {"zh": "没有找到。", "en": "Not found."}}]}, 404)


def _error_json(error: QiantangError) -> JSONResponse:
    faults: list[Json] = [{"message": {"zh": f.told.zh, "en": f.told.en}, "rule": f.rule} for f in error.faults]
    return JSONResponse({"faults": faults}, 404 if isinstance(error, SubjectError) else 422)


def _healthy() -> dict[str, bool]:
    return {"up": True}


def _asked_schema(page: Page) -> dict[str, Json]:
    asked: list[Json] = [{"name": name, "in": "path" if name in page.path else "query", "required": name in page.path,
                          "schema": {"type": "string"}} for name in dict.fromkeys((*page.path, *page.asks, "offset", "order"))]
    return {"parameters": asked}


def _act_schema(page: Page) -> dict[str, Json]:
    body: Json = {"content": {"application/json": {"schema": {"type": "object", "additionalProperties": {"type": "string"}}}}, "required": True}
    path: list[Json] = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in page.path]
    return {"parameters": path, "requestBody": body}


_ANSWERS: dict[int | str, dict[str, object]] = {
    401: {"description": "no account"}, 404: {"description": "nothing there that the account may see"},
    422: {"description": "refused, with every reason in both languages"}}
