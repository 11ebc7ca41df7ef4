"""The best five minutes as one path: from a red figure to the row of a workbook, the case, the letter, an objection and its difference."""

from __future__ import annotations

from qiantang.district.pages.evaluation import nothing_assessed
from qiantang.district.pages.showing import asking
from qiantang.kernel.actions.ports import CaseQuery
from qiantang.kernel.pages.blocks import Column, Drawn, Row, Section, Table
from qiantang.kernel.pages.declaring import Ask, Page
from qiantang.kernel.pages.values import Address, Amount, to
from qiantang.kernel.words import Text

_TITLE = Text("导览", "Tour")


def draw(ask: Ask) -> Drawn:
    """Each step with what to see there and where it is; made from what this district has."""
    own = asking(ask)
    workspace = own.brain.workspace
    if not workspace.assessed:
        return nothing_assessed(_TITLE)
    opening = next((o for o in workspace.house.openings if any(workspace.house.library.book(i).form.name in o.forms for i in workspace.assessed)), None)
    found = list(ask.cases(CaseQuery(process=opening.process, limit=1))) if opening is not None else []
    steps: list[tuple[Text, Text, Address]] = [
        (Text("驾驶舱", "The cockpit"), Text("哪里不在目标上，一眼可见", "where the district is not on target, at a glance"), to("cockpit"))]
    if opening is not None and found:
        case = found[0]
        book = case.basis.rulebook
        first = workspace.assessed[0]
        best = workspace.house.library.book(book).on(workspace.latest(book).law_date).outline.codes[0][0]
        lift = Address("enterprise", (*ask.address_of(case.subject, book).asked, ("lift", best)))
        steps += [
            (Text("名单", "The list"), Text("结论为须处置的全部企业", "everybody whose outcome wants somebody to act"),
             to("evaluation", rulebook=book, outcome=opening.outcomes[-1])),
            (Text("一家企业", "One enterprise"), Text("结论、条款、算式，直到来源文件与行", "outcome, clause, formula, down to source file and row"),
             ask.address_of(case.subject, book)),
            (Text("它的得分", "Its score"), Text("得分怎样构成，失分在哪里", "how the score is made up, and where points are lost"),
             ask.address_of(case.subject, first)),
            (Text("怎样提升", "What would lift it"), Text("哪项指标改到多少，每个答案都经重评验证", "which figure, by how much; every answer is proved"), lift),
            (Text("案件", "The case"), Text("责任方、期限、可以办理的步骤", "owner, deadline and the steps there are"), to("case", case=case.id)),
            (Text("告知书", "The letter"),
             Text("一页纸：结论、由来、异议途径、可验真的验证码", "one page: outcome, how it came about, how to object, a code that proves it"),
             to("letter", subject=case.subject, rulebook=book)),
            (Text("提出异议", "An objection"), Text("对一项事实提出异议，附证据", "one fact is objected to, with evidence"),
             to("objection-new", subject=case.subject, rulebook=book)),
            (Text("更正与差异", "Corrected, and the difference"), Text("成立则更正该事实，全体重评，记下谁因此变动",
                                                             "upheld, the fact is corrected, everybody judged anew, and who moved is written down"),
             to("objections")),
            (Text("试改规则", "Try a reform"), Text("改一个门槛，看谁变动、代价多少", "move a threshold: who moves, and what it costs"),
             to("reform", rulebook=book))]
    steps += [(Text("工作清单", "The work list"), Text("全部在办案件与期限", "all open cases with their deadlines"), to("cases")),
              (Text("公示", "Notices"), Text("把一个批次公示三个工作日", "put a run on public notice for three working days"), to("notices")),
              (Text("未来工厂", "The future factory"), Text("一面墙看一万个信号，派单到人", "ten thousand signals on a wall, tasks sent to people"),
               to("plants"))]
    offered = [s for s in steps if s[2].page in own.brain.offered]
    columns = (Column("step", Text("去哪里", "where")), Column("see", Text("看什么", "what to see")), Column("number", Text("步", "step"), number=True))
    rows = tuple(Row((title, told, Amount(number)), address) for number, (title, told, address) in enumerate(offered, start=1))
    return Drawn(_TITLE, (Section(Text("依次打开", "Open them in turn"), (Table("tour", columns, rows, exports=False),)),), as_of=own.today)


PAGE = Page("tour", _TITLE, draw, menu=95)
