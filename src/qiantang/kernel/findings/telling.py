"""Telling: an explanation as plain text, the answer first, then clause by clause, then sources, then what is not firm."""

from __future__ import annotations

from collections.abc import Iterator

from qiantang.kernel.findings.explanation import CriterionTold, Explanation, FactTold, ParameterTold, Part, Standing
from qiantang.kernel.rulebooks.rulebook import Role
from qiantang.kernel.sources import Source
from qiantang.kernel.words import Lang, Text

_ROLES = {
    Role.INDICATOR: Text("指标", "indicator"), Role.CONDITION: Text("条件", "condition"),
    Role.VETO: Text("一票否决", "veto"), Role.EXEMPTION: Text("豁免", "exemption"),
    Role.PROTECTION: Text("保护", "protection"), Role.ADJUSTMENT: Text("加减分", "adjustment"),
    Role.GROUP: Text("归组", "group"), Role.FIGURE: Text("数据", "figure"),
}
_MOST_CELLS = 5
_LONGEST = 600


def rendered(explanation: Explanation, lang: Lang) -> str:
    """The explanation as text for a terminal or a letter."""
    return "\n".join(_Telling(explanation, lang).lines()) + "\n"


class _Telling:
    def __init__(self, explanation: Explanation, lang: Lang) -> None:
        self.e = explanation
        self.lang = lang

    def lines(self) -> Iterator[str]:
        yield from self._answer()
        if self.e.score_parts:
            yield from self._headed("得分构成", "How the score is made up", self._score())
        yield from self._headed("逐条说明", "Clause by clause", self._criteria())
        yield from self._headed("事实来源", "Where the facts come from", self._facts())
        yield from self._headed("规则来源", "Where the rules come from", self._sources())
        yield from self._headed("尚未坐实之处", "What is not firm", self._not_firm())

    def _say(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    def _s(self, text: Text) -> str:
        return text.said(self.lang)

    def _aside(self, *parts: str) -> str:
        inner = self._say("，", ", ").join(part for part in parts if part)
        return (self._say(f"（{inner}）", f" ({inner})")) if inner else ""

    def _headed(self, zh: str, en: str, lines: Iterator[str]) -> Iterator[str]:
        found = list(lines)
        if found:
            yield ""
            yield self._say(zh, en)
            yield from found

    # --- the answer ---

    def _answer(self) -> Iterator[str]:
        e, say = self.e, self._say
        yield f"{e.subject} · {self._s(e.title)}"
        yield say("结论：", "Outcome: ") + self._s(e.outcome_title)
        if e.score is not None:
            yield say("得分：", "Score: ") + self._s(e.score.said)
        if e.standing is not None:
            yield say("名次：", "Place: ") + self._standing(e.standing)
        if e.decided_by is not None:
            why = self._s(e.decided_by.why)
            yield (say("决定因素：", "Decided by: ") + self._s(e.decided_by.title) + self._aside(e.decided_by.clause)
                   + (f"{say('：', ': ')}{why}" if why else ""))
        if e.applies is False:
            yield say("适用：本规则不适用于该对象", "The rule does not apply to this subject")
        if e.unknown:
            yield say("为何不能判定：", "Why it cannot be told:")
            yield from (f"  - {self._s(reason)}" for reason in e.unknown)
        held = f"{e.valid.since or '…'} – {e.valid.until or '…'}"
        yield (say(f"规则：{e.rulebook}，按 {e.law_day} 的文本", f"Rulebook: {e.rulebook}, as it reads on {e.law_day}")
               + self._aside(say(f"有效期 {held}", f"valid {held}"), self._s(e.status.label),
                             say(f"版本 {e.version}", f"version {e.version}")))
        if e.not_firm:
            kinds = self._say("、", ", ").join(dict.fromkeys(self._s(ground.status.label) for ground in e.not_firm))
            many = len(list(self._not_firm()))
            yield say(f"注意：有 {many} 处依据尚未坐实（{kinds}），见文末",
                      f"Note: grounds that are not firm: {many} ({kinds}); see the end")

    def _standing(self, standing: Standing) -> str:
        pool = "" if standing.pool is None else self._s(standing.pool.said)
        if standing.of is None:
            return self._say(f"{f'在“{pool}”中' if pool else ''}列第 {standing.place} 位",
                             f"{standing.place}{f' in “{pool}”' if pool else ''}")
        return self._say(f"{f'在“{pool}”的' if pool else '在'} {standing.of} 个参评对象中列第 {standing.place} 位",
                         f"{standing.place} of {standing.of}{f' in “{pool}”' if pool else ''}")

    def _score(self) -> Iterator[str]:
        for part in self.e.score_parts:
            yield f"  {self._s(part.title)}{self._say('：', ': ')}{self._s(part.points.said)}"
        if self.e.score is not None:
            yield f"  {self._say('合计', 'Total')}{self._say('：', ': ')}{self._s(self.e.score.said)}"

    # --- clause by clause ---

    def _criteria(self) -> Iterator[str]:
        for number, criterion in enumerate(self.e.criteria, start=1):
            yield from self._criterion(number, criterion)

    def _criterion(self, number: int, c: CriterionTold) -> Iterator[str]:
        results = [self._s(part.value.said) for part in (c.value, c.points) if part is not None]
        if c.met is not None:
            held = c.met.value.value
            results.append(self._say("未知", "unknown") if held is None else
                           self._say("成立", "holds") if held else self._say("不成立", "does not hold"))
        result = self._say("，", ", ").join(dict.fromkeys(results))
        head = f"{number}. {self._s(c.title)}{self._aside(self._s(_ROLES[c.role]), c.clause)}{self._say('：', ': ')}"
        if not c.applies:
            yield head + self._say("不适用于该对象", "does not apply to this subject")
            return
        yield head + result
        for label, part in ((Text("数值", "Value"), c.value), (Text("得分", "Points"), c.points), (Text("判断", "Test"), c.met)):
            formula = self._formula(part)
            if formula:
                yield f"   {self._s(label)}{self._say('：', ': ')}{formula}"
        if c.parameters:
            grounds = self._say("；", "; ").join(self._parameter(parameter) for parameter in c.parameters)
            yield f"   {self._say('依据：', 'Rests on: ')}{grounds}"
        if self._s(c.note):
            yield f"   {self._say('说明：', 'Note: ')}{self._s(c.note)}"
        if c.unknown:
            reasons = self._say("；", "; ").join(self._s(reason) for reason in c.unknown)
            yield f"   {self._say('未知原因：', 'Unknown because: ')}{reasons}"

    def _formula(self, part: Part | None) -> str:
        """The formula with numbers, unless it says no more than the value, or is too long for anybody to read."""
        if part is None:
            return ""
        numbers, said = self._s(part.numbers), self._s(part.value.said)
        if len(numbers) > _LONGEST:
            return said + self._say("（算式过长，见 JSON 输出）", " (the formula is too long for print; it is in the JSON form)")
        return "" if numbers == said else numbers

    def _parameter(self, parameter: ParameterTold) -> str:
        own, since = self.e.source, ""
        if parameter.since is not None and parameter.since != self.e.valid.since:
            since = self._say(f"自 {parameter.since} 起", f"since {parameter.since}")
        same_text = (parameter.source.document, parameter.source.number) == (own.document, own.number)
        where = parameter.source.clause if same_text else parameter.source.said(self.lang)
        trust = "" if parameter.status.firm else self._s(parameter.status.label)
        return f"{self._s(parameter.title)} {self._s(parameter.value)}{self._aside(since, where, trust)}"

    # --- sources ---

    def _facts(self) -> Iterator[str]:
        seen: dict[str, FactTold] = {}
        for criterion in self.e.criteria:
            for fact in criterion.facts:
                seen.setdefault(fact.name, fact)
        for fact in seen.values():
            missing = fact.value.value is None
            value = self._say("缺失", "missing") if missing else self._s(fact.value.said)
            cells = [origin.said(self.lang) for origin in fact.origins[:_MOST_CELLS]]
            more = len(fact.origins) - len(cells)
            if more > 0:
                cells.append(self._say(f"另有 {more} 处", f"and {more} more"))
            ways = [way for way in (self._s(fact.made), self._say("；", "; ").join(cells)) if way]
            yield (f"  {self._s(fact.title)}{self._say('：', ': ')}{value}"
                   + (f" ← {self._say('；', '; ').join(ways)}" if ways else ""))

    def _sources(self) -> Iterator[str]:
        seen: dict[tuple[str, str], Source] = {(self.e.source.document, self.e.source.number): self.e.source}
        for criterion in self.e.criteria:
            for parameter in criterion.parameters:
                seen.setdefault((parameter.source.document, parameter.source.number), parameter.source)
        for key, source in seen.items():
            named = Source(source.issuer, key[0], key[1])
            day = "" if source.published_on is None else self._say(f"{source.published_on} 公布", f"published {source.published_on}")
            link = f" {source.link}" if source.link else ""
            yield f"  {source.issuer}{self._say('', ', ')}{named.said(self.lang)}{self._aside(day)}{link}"

    def _not_firm(self) -> Iterator[str]:
        """Each ground once, though several parameters may say the same."""
        grounds = ((self._s(g.title) + self._say("：", ": ") if not g.path else "") + self._s(g.said) for g in self.e.not_firm)
        yield from (f"  - {ground}" for ground in dict.fromkeys(grounds))
