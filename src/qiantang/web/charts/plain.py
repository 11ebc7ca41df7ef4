"""Charts of few marks: sparklines, target bars, waterfalls, bars, lines, flows."""

from __future__ import annotations

from decimal import Decimal

from markupsafe import Markup

from qiantang.kernel.pages.blocks import Bars, Card, Flow, Lines, Trend, Waterfall
from qiantang.web.charts.svg import (
    Scale,
    box,
    drawing,
    element,
    label,
    line,
    linked,
    path,
    scale_over,
    shortened,
    width_of,
)
from qiantang.web.i18n.formats import number
from qiantang.web.i18n.words import WORDS
from qiantang.web.shell import Shell


def sparkline(trend: Trend, shell: Shell, title: str) -> Markup:
    """The last periods as one small line; what is projected goes on dashed."""
    values = [*trend.values, *trend.projected]
    up = scale_over(values, 38, 4, from_zero=False)
    across = Scale(0, max(1, len(values) - 1), 2, 118)
    known = [(across.at(n), up.at(v)) for n, v in enumerate(trend.values) if v is not None]
    parts: list[Markup] = []
    if len(known) > 1:
        parts.append(path([*known, (known[-1][0], 42), (known[0][0], 42)], "area", closed=True))
        parts.append(path(known, "trend"))
    if trend.projected and known:
        rest = [(across.at(len(trend.values) + n), up.at(v)) for n, v in enumerate(trend.projected) if v is not None]
        parts.append(path([known[-1], *rest], "projected"))
    if known:
        parts.append(element("circle", cx=known[-1][0], cy=known[-1][1], r=2.5, class_="point"))
    told = ", ".join(f"{p} {number(v) if v is not None else '—'}" for p, v in zip(trend.periods, trend.values, strict=False))
    return drawing(120, 44, f"{title}: {WORDS['trend'].said(shell.lang)}", parts, "spark", told)


def target_bar(card: Card, shell: Shell) -> Markup:
    """How far towards the target, with a tick where the path to it should be today."""
    done = min(Decimal(1), max(Decimal(0), card.progress or Decimal(0)))
    parts = [box(0, 0, 200, 6, "track", round_=3), box(0, 0, float(done) * 200, 6, f"fill {card.tone}", round_=3)]
    if card.expected is not None and card.expected.value is not None and card.target is not None and card.target.value:
        share = min(1.0, max(0.0, float(Decimal(card.expected.value) / Decimal(card.target.value))))
        if card.better == "more":
            parts.append(line(share * 200, -2, share * 200, 8, "tick"))
    return element("svg", element("title", f"{WORDS['progress'].said(shell.lang)} {number(done * 100, 1)}%") + Markup("").join(parts),
                   viewBox="0 -2 200 10", class_="bullet", role="img", preserveAspectRatio="none")


def waterfall(block: Waterfall, shell: Shell) -> Markup:
    """How a total is made up, step by step, each against the most it could add."""
    lang, wide = shell.lang, shell.room
    row, left, right = 40.0, 210.0, 120.0
    top = max([Decimal(0), block.full or Decimal(0), block.total or Decimal(0), sum((s.most or s.adds or Decimal(0) for s in block.steps), Decimal(0))])
    across = Scale(0, float(top) or 1, left, wide - right)
    height = row * (len(block.steps) + 1) + 34
    parts = [line(across.at(v), 6, across.at(v), height - 26, "grid") for v in across.steps()]
    parts += [label(across.at(v), height - 8, number(Decimal(str(round(v, 6)))), "axis", "middle") for v in across.steps()]
    at = Decimal(0)
    for n, step in enumerate(block.steps):
        y = n * row + 8
        parts.append(linked(label(0, y + 11, shortened(step.title.said(lang), left - 10), "name"), shell.address(step.to) if step.to else None))
        parts.append(label(0, y + 26, shortened(step.told.said(lang), left - 10, 11.5), "told"))
        if step.most is not None:
            parts.append(box(across.at(at), y, across.at(at + step.most) - across.at(at), 20, "most"))
        added = step.adds
        if added is None:
            parts.append(label(across.at(at) + 6, y + 15, WORDS["unknown"].said(lang), "told"))
            continue
        first, last = min(at, at + added), max(at, at + added)
        parts.append(box(across.at(first), y, across.at(last) - across.at(first), 20, f"step {step.tone}",
                         f"{step.title.said(lang)} {number(added, 2, signed=True)}"))
        reach = across.at(max(last, at + (step.most or Decimal(0))))
        told = number(added, 2, signed=True) + (f" / {number(step.most)}" if step.most is not None else "")
        parts.append(label(reach + 8, y + 15, told, "value"))
        if n + 1 < len(block.steps):
            parts.append(line(across.at(at + added), y + 20, across.at(at + added), y + row, "joint"))
        at += added
    y = len(block.steps) * row + 8
    parts.append(label(0, y + 14, block.total_title.said(lang), "name total"))
    if block.total is not None:
        parts.append(box(across.at(0), y, across.at(block.total) - across.at(0), 20, "step whole"))
        parts.append(label(across.at(block.total) + 8, y + 15, number(block.total, 2), "value total"))
    return drawing(wide, height, block.total_title.said(lang), parts, "chart waterfall")


def bars(block: Bars, shell: Shell) -> Markup:
    """Horizontal bars; stacked ones end to end with a legend above."""
    lang, wide = shell.lang, shell.room
    names = [t.said(lang) for t in block.titles]
    left = min(260.0, max([60.0, *(width_of(n) + 12 for n in names)]))
    many = len(block.series)
    row = 26.0 if block.stacked or many < 2 else 12.0 * many + 12
    sums = [sum((s.values[n] or Decimal(0) for s in block.series), Decimal(0)) for n in range(len(names))]
    across = scale_over(sums if block.stacked else [v for s in block.series for v in s.values], left, wide - 90)
    head = 26.0 if many > 1 else 4.0
    parts = [*_legend([(s.title.said(lang), s.tone, n) for n, s in enumerate(block.series)], left)] if many > 1 else []
    for n, name in enumerate(names):
        y = head + n * row
        to = block.to[n] if n < len(block.to) else None
        parts.append(linked(label(left - 8, y + 16, shortened(name, left - 12), "name", "end"), shell.address(to) if to else None))
        at = across.at(0)
        for k, series in enumerate(block.series):
            value = series.values[n]
            thick = 16.0 if block.stacked or many < 2 else 11.0
            place = y + 3 if block.stacked or many < 2 else y + 3 + 12 * k
            if value is None:
                if not block.stacked:
                    parts.append(label(at + 4, place + thick / 2 + 4, "—", "told"))
                continue
            length = across.at(value) - across.at(0)
            parts.append(box(at if block.stacked else min(across.at(0), across.at(value)), place, abs(length), thick,
                             f"bar {series.tone} s{k}", f"{name} · {series.title.said(lang)}: {number(value)}"))
            if block.stacked:
                at += length
        missing = any(series.values[n] is None for series in block.series)
        if block.stacked or many < 2:
            told = sums[n] if block.stacked else block.series[0].values[n] if block.series else None
            if told is not None:
                said = number(told, None if told == told.to_integral_value() else 1) + (" + —" if missing else "")
                parts.append(label(across.at(max(told, Decimal(0))) + 6, y + 16, said, "value"))
    return drawing(wide, head + row * len(names) + 6, block.name, parts, "chart bars")


def lines(block: Lines, shell: Shell) -> Markup:
    """Lines over the same points, with levels across."""
    lang, wide = shell.lang, shell.room
    height, left, right = 260.0, 62.0, 110.0
    every = [v for s in block.series for v in s.values] + [b.value for b in block.bounds]
    up = scale_over(every, height - 30, 26, from_zero=False)
    across = Scale(0, max(1, len(block.points) - 1), left, wide - right)
    parts = []
    for level in up.steps(4):
        parts.append(line(left, up.at(level), wide - right, up.at(level), "grid"))
        parts.append(label(left - 8, up.at(level) + 4, number(Decimal(str(round(level, 6)))), "axis", "end"))
    shown = max(1, -(-len(block.points) // 8))
    parts += [label(across.at(n), height - 8, p, "axis", "middle") for n, p in enumerate(block.points) if n % shown == 0]
    for bound in block.bounds:
        parts.append(line(left, up.at(bound.value), wide - right, up.at(bound.value), f"bound {bound.tone}"))
        parts.append(label(wide - right + 6, up.at(bound.value) + 4, f"{bound.title.said(lang)} {number(bound.value)}", "told"))
    for k, series in enumerate(block.series):
        run: list[tuple[float, float]] = []
        for n, value in enumerate([*series.values, None]):
            if value is not None:
                run.append((across.at(n), up.at(value)))
                continue
            if len(run) > 1:
                parts.append(path(run, f"line s{k} {series.tone}{' dashed' if series.dashed else ''}"))
            elif run:
                parts.append(element("circle", cx=run[0][0], cy=run[0][1], r=3, class_=f"dot s{k}"))
            run = []
    if block.series:
        parts += [element("circle", cx=across.at(n), cy=up.at(value), r=4.5, class_="marked") for n in block.marked
                  if (value := block.series[0].values[n]) is not None]
    parts += _legend([(s.title.said(lang), s.tone, k) for k, s in enumerate(block.series)], left, "stroke")
    if block.unit.said(lang):
        parts.append(label(left - 8, 14, block.unit.said(lang), "axis", "end"))
    return drawing(wide, height, block.name, parts, "chart lines")


def flow(block: Flow, shell: Shell) -> Markup:
    """Who went from where to where: a matrix whose diagonal recedes."""
    lang = shell.lang
    side, left, top = 66.0, 150.0, 52.0
    most = max([1, *(c for r, row in enumerate(block.counts) for k, c in enumerate(row) if r != k)])
    parts = [label(left + side * len(block.columns) / 2, 16, block.column_title.said(lang), "told", "middle"),
             label(left - 12, top - 8, block.row_title.said(lang), "told", "end")]
    parts += [label(left + side * (k + 0.5), top - 8, shortened(t.said(lang), side - 6), "name", "middle") for k, t in enumerate(block.columns)]
    for r, title in enumerate(block.rows):
        y = top + r * 36
        parts.append(label(left - 12, y + 22, shortened(title.said(lang), left - 16), "name", "end"))
        for k, count in enumerate(block.counts[r]):
            level = 0 if count == 0 else "same" if r == k else min(4, 1 + count * 4 // (most + 1))
            parts.append(box(left + side * k + 2, y + 2, side - 4, 32, f"cell l{level}"))
            parts.append(label(left + side * (k + 0.5), y + 23, f"{count:,}" if count else "·", f"value on-{level}", "middle"))
    return drawing(left + side * len(block.columns) + 10, top + 36 * len(block.rows) + 8, WORDS["before_after"].said(lang), parts, "chart flow")


def _legend(names: list[tuple[str, str, int]], left: float, kind: str = "bar") -> list[Markup]:
    parts, x = [], left
    for name, tone, k in names:
        parts.append(box(x, 4, 11, 11, f"{kind} {tone} s{k}"))
        parts.append(label(x + 16, 14, name, "told"))
        x += 30 + width_of(name, 12.5)
    return parts
