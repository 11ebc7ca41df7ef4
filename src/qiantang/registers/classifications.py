"""The code lists that several registers share: sectors, leading industries, levels of an honour."""

from __future__ import annotations

from qiantang.kernel.words import Text

Choices = tuple[tuple[str, Text], ...]


def choices(*entries: tuple[str, str, str]) -> Choices:
    """Codes with their Chinese and English titles."""
    return tuple((code, Text(zh, en)) for code, zh, en in entries)


SECTORS = choices(
    ("industry", "工业", "industry"),
    ("construction", "建筑业", "construction"),
    ("wholesale", "批发业", "wholesale"),
    ("retail", "零售业", "retail"),
    ("lodging", "住宿业", "lodging"),
    ("catering", "餐饮业", "catering"),
    ("real_estate", "房地产开发经营", "real-estate development"),
    ("services_1", "服务业一类", "services I"),
    ("services_2", "服务业二类", "services II"),
    ("services_3", "服务业三类", "services III"),
    ("other", "其他行业", "other"),
)
"""Statistical sectors, as the above-scale thresholds distinguish them."""

LEADING_INDUSTRIES = choices(
    ("biopharma", "生物医药", "bio-pharma"),
    ("aerospace", "航空航天", "aerospace"),
    ("semiconductor", "半导体", "semiconductors"),
    ("vehicles", "智能汽车与智能装备", "smart vehicles and equipment"),
    ("materials", "新材料", "new materials"),
    ("other", "其他产业", "other"),
)
"""The five leading industries by their names of 2022, and the rest."""

INDUSTRY_GROUPS = choices(
    ("pharma", "医药化工组", "pharma and chemicals"),
    ("equipment", "装备制造组", "equipment"),
    ("electronics", "电子信息组", "electronics"),
    ("materials", "材料组", "materials"),
    ("consumer", "消费品组", "consumer goods"),
    ("other", "其他组", "other"),
)
"""Groups within which evaluated enterprises are compared."""

LEVELS = choices(
    ("international", "国际", "international"),
    ("national", "国家级", "national"),
    ("provincial", "省级", "provincial"),
    ("city", "市级", "city"),
    ("district", "区级", "district"),
)
"""Who stands behind an honour, a project or an organisation."""

CREDIT_RATINGS = choices(
    ("A", "A（优秀）", "A (excellent)"),
    ("B", "B（良好）", "B (good)"),
    ("C", "C（中等）", "C (fair)"),
    ("D", "D（较差）", "D (poor)"),
    ("E", "E（差）", "E (bad)"),
)
"""Public credit rating of an enterprise."""
