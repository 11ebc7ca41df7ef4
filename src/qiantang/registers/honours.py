"""Titles, certificates and awards that an enterprise holds, with their days of validity."""

from __future__ import annotations

from qiantang.kernel.expressions.nodes import compare
from qiantang.kernel.facts.schema import Check, Table, code, count, day, text
from qiantang.kernel.words import Text
from qiantang.registers.classifications import LEVELS, choices
from qiantang.registers.naming import enterprise

HONOUR_KINDS = choices(
    ("hitech", "高新技术企业", "high-tech enterprise"),
    ("techsme", "科技型中小企业", "technology SME"),
    ("innosme", "创新型中小企业", "innovative SME"),
    ("zjtx", "专精特新中小企业", "specialist SME"),
    ("giant", "专精特新“小巨人”企业", "little giant"),
    ("champion", "制造业单项冠军", "manufacturing single champion"),
    ("hidden_champion", "隐形冠军", "hidden champion"),
    ("digital_workshop", "数字化车间", "digital workshop"),
    ("smart_factory", "智能工厂", "smart factory"),
    ("future_factory", "未来工厂", "future factory"),
    ("rd_institution", "研发机构", "R&D institution"),
    ("science_award", "科学技术奖", "science and technology award"),
    ("maker_top500", "“创客中国”全国500强", "Maker in China national top 500"),
    ("standard_led", "主导制定标准", "led a standard"),
    ("ip_demonstration", "知识产权示范（优势）企业", "IP demonstration enterprise"),
    ("quality_award", "质量奖", "quality award"),
    ("brand", "品牌认定", "brand"),
    ("green_factory", "绿色工厂", "green factory"),
    ("leader_phoenix", "凤凰企业", "phoenix ladder"),
    ("leader_goose", "头雁企业", "leader ladder"),
    ("leader_swift", "雨燕企业", "growth ladder"),
    ("leader_eaglet", "雏鹰企业", "eaglet ladder"),
    ("leader_jun", "俊鸟企业", "fledgling ladder"),
    ("other", "其他荣誉", "other"),
)

_BARE = Table(
    name="honours",
    title=Text("荣誉与资质", "honours"),
    aliases=("资质", "荣誉", "资质荣誉", "企业资质", "高新技术企业名单", "认定名单", "证书"),
    key=("certificate", "uscc"),
    subject="uscc",
    columns=(
        code("certificate", "证书编号", "certificate id", required=True, aliases=("证书号", "编号", "文号")),
        enterprise(),
        code("kind", "荣誉类型", "kind", HONOUR_KINDS, required=True, aliases=("资质类型", "类型", "认定类型", "荣誉名称")),
        code("level", "级别", "level", LEVELS, aliases=("等级", "认定级别")),
        count("rank", "单位排名", "the unit's rank among winners", "名", high="1000", more_is="worse", aliases=("排名",)),
        day("since", "认定日期", "since", required=True, aliases=("发证日期", "获奖日期", "有效期起", "授予日期")),
        day("until", "有效期至", "until", aliases=("失效日期", "到期日期", "有效期止")),
        text("title", "名称", "title", aliases=("证书名称", "奖项名称")),
    ),
)

HONOURS = Table(
    name=_BARE.name, title=_BARE.title, aliases=_BARE.aliases, key=_BARE.key, subject=_BARE.subject,
    columns=_BARE.columns,
    checks=(
        Check("honour_ends_after_it_begins", compare(_BARE.fact("since"), "<=", _BARE.fact("until")),
              Text("有效期至早于认定日期", "the honour ends before it begins"),
              Text("核对两个日期。", "Check both days."), "until"),
    ),
)
