"""What happened to an enterprise that a rulebook may hold against it: accidents, violations, listings of bad faith."""

from __future__ import annotations

from qiantang.kernel.facts.schema import Table, code, day, text
from qiantang.kernel.words import Text
from qiantang.registers.classifications import choices
from qiantang.registers.naming import enterprise

EVENT_KINDS = choices(
    ("work_safety_accident", "安全生产事故", "work-safety accident"),
    ("environmental_accident", "环境污染事故", "environmental accident"),
    ("food_accident", "食品安全事故", "food accident"),
    ("quality_accident", "质量事故", "quality accident"),
    ("environmental_violation", "环境违法", "environmental violation"),
    ("environment_substandard", "环保不达标", "substandard environment"),
    ("energy_substandard", "能耗不达标", "substandard energy use"),
    ("quality_substandard", "质量不达标", "substandard quality"),
    ("safety_substandard", "安全不达标", "substandard safety"),
    ("missed_energy_task", "未完成节能降耗任务", "missed energy task"),
    ("missed_capacity_task", "未完成淘汰产能任务", "missed capacity task"),
    ("false_zero_emission", "有排放而零申报", "declared zero emission while emitting"),
    ("research_misconduct", "科研严重失信", "research misconduct"),
    ("untrustworthy_list", "列入严重失信主体名单", "on the untrustworthy list"),
    ("abnormal_list", "列入经营异常名录", "on the abnormal-operations list"),
    ("tax_violation", "税收违法", "tax violation"),
    ("labour_violation", "劳动违法", "labour violation"),
    ("illegal_building", "违法建设", "illegal building"),
    ("other_violation", "其他违法", "other violation"),
)

SEVERITIES = choices(
    ("minor", "一般", "minor"),
    ("larger", "较大", "larger"),
    ("major", "重大", "major"),
    ("extreme", "特别重大", "extreme"),
)

EVENTS = Table(
    name="events",
    title=Text("事故与违法", "events"),
    aliases=("事故违法", "一票否决", "违法记录", "处罚", "行政处罚", "安全环保事件", "失信记录", "否决事项"),
    key=("event",),
    subject="uscc",
    columns=(
        code("event", "事件编号", "event id", required=True, aliases=("编号", "记录编号", "案号")),
        enterprise(),
        code("kind", "事件类型", "kind", EVENT_KINDS, required=True, aliases=("类型", "违法类型", "事件类别")),
        code("severity", "严重程度", "severity", SEVERITIES, aliases=("等级", "事故等级", "程度")),
        day("occurred_on", "发生日期", "occurred on", required=True, aliases=("发生时间", "处罚日期", "列入日期", "认定日期")),
        day("closed_on", "办结日期", "closed on", aliases=("移出日期", "整改完成日期", "结案日期")),
        text("document_number", "文书号", "document number", aliases=("处罚文号", "文号", "决定书文号")),
        text("issued_by", "作出机关", "issued by", aliases=("处罚机关", "认定部门")),
        text("summary", "情况说明", "summary", aliases=("事由", "简述")),
    ),
)
