"""Signing in and out, and one's own account: sessions to revoke, tokens for programs, another password."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, RedirectResponse, Response

from qiantang.district.identity import NOBODY, Identity
from qiantang.kernel.errors import QiantangError
from qiantang.kernel.pages.blocks import Banner, Block, Column, Drawn, Facts, Field, Form, Row, Section, Table
from qiantang.kernel.pages.declaring import CAPABILITIES, DistrictFacts
from qiantang.kernel.pages.values import Mark
from qiantang.kernel.words import LANGS, Text, same
from qiantang.web.auth.accounts import LONGEST, Accounts, Refused
from qiantang.web.auth.oidc import SignInElsewhere
from qiantang.web.kinds.rendering import render_page
from qiantang.web.languages import LANG_COOKIE, lang_of
from qiantang.web.shell import Shell

_COOKIE = "qt-session"
_STATE = "qt-state"
_DAYS = 90
_CAPABILITY_TITLES = {"see": Text("查看", "see"), "decide": Text("办理", "decide"), "dispatch": Text("派单", "dispatch"), "sign": Text("签发", "sign"),
                      "configure": Text("配置", "configure")}


class AccountAuthority:
    """Who somebody is, by the session's cookie or a bearer token; with the pages of signing in and out.

    ``secure`` is set where the server is reached by https: the cookie is then kept to it and to this host. ``told`` is
    said below the form of signing in (a demonstration's accounts). With ``elsewhere`` people sign in there, and passwords
    of this machine are not taken.
    """

    def __init__(self, accounts: Accounts, district: DistrictFacts, *, secure: bool = False, told: Text | None = None,
                 elsewhere: SignInElsewhere | None = None) -> None:
        self.accounts = accounts
        self._district = district
        self._secure = secure
        self._told = told
        self._elsewhere = elsewhere
        self._cookie = f"__Host-{_COOKIE}" if secure else _COOKIE
        self.router = APIRouter()
        for path, get in (("/login", self._login_page), ("/account", self._account_page), ("/login/back", self._back)):
            self.router.add_api_route(path, get, methods=["GET"], include_in_schema=False)
        for path, post in (("/login", self._sign_in), ("/logout", self._sign_out), ("/account/password", self._password),
                           ("/account/token", self._token), ("/account/end", self._end)):
            self.router.add_api_route(path, post, methods=["POST"], include_in_schema=False)

    def identity(self, connection: HTTPConnection) -> Identity:
        """Whose request or socket this is. A token is good for the JSON twins alone."""
        scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and secret:
            return self.accounts.identity(secret, "token") if connection.url.path.startswith("/api/") else NOBODY
        cookie = connection.cookies.get(self._cookie, "")
        return self.accounts.identity(cookie, "session") if cookie else NOBODY

    # --- signing in and out ---

    def _login_page(self, request: Request) -> Response:
        if self.identity(request).name:
            return RedirectResponse(_local(request.query_params.get("next", "/")), 303)
        if self._elsewhere is not None:
            return self._send_there(request, self._elsewhere)
        return self._login(request, None)

    def _send_there(self, request: Request, elsewhere: SignInElsewhere) -> Response:
        try:
            address, state = elsewhere.begin(str(request.url_for("_back")), _local(request.query_params.get("next", "/")))
        except Refused as refused:
            return self._login(request, refused.why)
        answer = RedirectResponse(address, 303)
        answer.set_cookie(_STATE, state, max_age=600, secure=self._secure, httponly=True, samesite="lax", path="/login")
        return answer

    def _back(self, request: Request) -> Response:
        if self._elsewhere is None:
            return RedirectResponse("/login", 303)
        asked = request.query_params
        try:
            user, after = self._elsewhere.finish(asked.get("state", ""), request.cookies.get(_STATE, ""), asked.get("code", ""))
        except Refused as refused:
            return self._login(request, refused.why)
        self.accounts.people.put_user(user)
        answer = self._with_session(self.accounts.begin(user, "oidc"), after)
        answer.delete_cookie(_STATE, path="/login")
        return answer

    def _with_session(self, secret: str, after: str) -> Response:
        answer = RedirectResponse(_local(after), 303)
        answer.set_cookie(self._cookie, secret, max_age=int(LONGEST.total_seconds()), secure=self._secure, httponly=True, samesite="lax", path="/")
        return answer

    def _login(self, request: Request, refused: Text | None) -> Response:
        form: Block = Banner(Text("请从统一登录进入。", "Sign in through the common sign-in."), "plain") if self._elsewhere is not None else Form(
            "", (Field("name", Text("账号", "account"), required=True), Field("password", Text("密码", "password"), "password", required=True)),
                    Text("登录", "Sign in"), carried={"next": _local(request.query_params.get("next", "/"))})
        blocks: list[Block] = [form]
        if refused is not None:
            blocks.insert(0, Banner(refused, "alarm"))
        if self._told is not None:
            blocks.append(Banner(self._told, "plain"))
        page = Drawn(Text("登录", "Sign in"), (Section(same(""), tuple(blocks), span=6),))
        answer = HTMLResponse(render_page(page, self._shell(request, NOBODY)), 401 if refused is not None else 200)
        asked = request.query_params.get("lang")
        if asked in LANGS:
            answer.set_cookie(LANG_COOKIE, asked, max_age=31_536_000, samesite="lax", httponly=True)
        return answer

    async def _sign_in(self, request: Request) -> Response:
        if self._elsewhere is not None:
            return self._login(request, Text("本机密码已停用。", "Passwords of this machine are not taken."))
        form = await request.form(max_files=0, max_fields=10)
        address = request.client.host if request.client is not None else "—"
        try:
            secret = await run_in_threadpool(self.accounts.sign_in, str(form.get("name", "")), str(form.get("password", "")), address)
        except Refused as refused:
            return self._login(request, refused.why)
        return self._with_session(secret, str(form.get("next", "/")))

    def _sign_out(self, request: Request) -> Response:
        who = self.identity(request)
        if who.name:
            self.accounts.end(who.name, who.session, who.name)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(self._cookie, path="/", secure=self._secure, httponly=True, samesite="lax")
        return answer

    # --- one's own account ---

    def _account_page(self, request: Request) -> Response:
        who = self.identity(request)
        return RedirectResponse("/login?next=/account", 303) if not who.name else self._account(request, who, [])

    def _account(self, request: Request, who: Identity, first: list[Block], status: int = 200) -> Response:
        own = self.accounts.found(who.name)
        codes = "、".join(own.scope_codes)
        told = Text("、".join(_CAPABILITY_TITLES[c].zh for c in CAPABILITIES if c in own.capabilities),
                    ", ".join(_CAPABILITY_TITLES[c].en for c in CAPABILITIES if c in own.capabilities))
        facts = Facts(((Text("账号", "account"), own.name), (Text("名称", "name"), own.title), (Text("权限", "may"), told),
                       (Text("范围", "scope"), f"{own.scope_kind} {codes}".strip())))
        columns = (Column("kind", Text("类型", "kind")), Column("title", Text("来自", "from")), Column("begun", Text("开始", "begun")),
                   Column("seen", Text("最近使用", "last used")), Column("ends", Text("到期", "ends")), Column("now", Text("当前", "this one")))
        kinds = {"session": Text("会话", "session"), "token": Text("令牌", "token")}
        this = Mark(Text("本次", "this one"), "ok")
        rows = tuple(Row((kinds[s.kind], s.title, s.begun_at, s.seen_at, s.ends_at, this if s.secret_hash == who.session else ""))
                     for s in self.accounts.people.sign_ins(own.name))
        may = tuple(Field(c, _CAPABILITY_TITLES[c], "yes", now="yes" if c == "see" else "") for c in CAPABILITIES if c in own.capabilities)
        sections = (
            Section(Text("账号", "Account"), (*first, facts, Form("", (), Text("退出", "Sign out"), carried={"_to": "logout"})), span=6),
            Section(Text("修改密码", "Another password"), (Form("password", (
                Field("old", Text("现密码", "present password"), "password", required=True),
                Field("new", Text("新密码", "new password"), "password", required=True)),
                Text("修改并退出所有会话", "Change, and end all sessions")),), span=6),
            Section(Text("会话与令牌", "Sessions and tokens"), (Table("sign-ins", columns, rows, exports=False),
                                                                Form("end", (), Text("全部退出", "End all of them"), "alarm"))),
            Section(Text("新令牌（供程序读取接口）", "A new token (for programs)"), (Form("token", (
                Field("title", Text("用途", "what for"), required=True), Field("days", Text("有效天数", "days"), "number", now=str(_DAYS)), *may),
                Text("生成", "Make")),)))
        return HTMLResponse(render_page(Drawn(same(own.title or own.name), sections), self._shell(request, who)), status)

    async def _password(self, request: Request) -> Response:
        who = await run_in_threadpool(self.identity, request)
        if not who.name:
            return RedirectResponse("/login", 303)
        form = await request.form(max_files=0, max_fields=10)

        def change() -> Response:
            address = request.client.host if request.client is not None else "—"
            try:
                self.accounts.sign_in(who.name, str(form.get("old", "")), address)
                self.accounts.change_password(who.name, str(form.get("new", "")), who.name)
            except Refused as refused:
                return self._account(request, who, [Banner(refused.why, "alarm")], 422)
            except QiantangError as error:
                return self._account(request, who, [Banner(f.told, "alarm") for f in error.faults], 422)
            return RedirectResponse("/login", 303)

        return await run_in_threadpool(change)

    async def _token(self, request: Request) -> Response:
        who = await run_in_threadpool(self.identity, request)
        if not who.name:
            return RedirectResponse("/login", 303)
        form = await request.form(max_files=0, max_fields=20)
        written = str(form.get("days", ""))
        days = min(365, int(written)) if written.isdecimal() and int(written) else _DAYS
        wanted = tuple(c for c in CAPABILITIES if form.get(c) == "yes")
        secret = await run_in_threadpool(self.accounts.token, self.accounts.found(who.name), str(form.get("title", ""))[:80], wanted, days)
        said = Text(f"令牌只显示这一次：{secret}", f"The token is shown this once: {secret}")
        return await run_in_threadpool(self._account, request, who, [Banner(said, "ok")])

    async def _end(self, request: Request) -> Response:
        who = await run_in_threadpool(self.identity, request)
        if who.name:
            await run_in_threadpool(self.accounts.end, who.name, None, who.name)
        return RedirectResponse("/login", 303)

    def _shell(self, request: Request, who: Identity) -> Shell:
        return Shell(lang_of(request), (), who.title or who.name, request.url.path, tuple(request.query_params.multi_items()), self._district.synthetic,
                     self._district.name, None, lambda _: "/")


def _local(path: str) -> str:
    """A path of this site; anything else leads to the front."""
    parts = urlsplit(path)
    fine = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc and "\\" not in path
    return path if fine and path.isprintable() else "/"
