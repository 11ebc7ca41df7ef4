"""A district of sixty made-up enterprises, small enough to assess in a test and rich enough for every question."""

from datetime import date

from qiantang.kernel.facts.identity import check_character
from qiantang.kernel.facts.schema import Value

ENTERPRISES = 60
YEAR = 2022
BOOKS = ("mu/huangyan-2022", "lowland/qiantang-5wan")

_WAN, _MU, _UNIT = 10**6, 10**4, 10**2


def code(number: int) -> str:
    """The credit code of an enterprise; no real one bears such a code, since there is no division 339900."""
    body = f"91339900T{number:08d}"
    return body + check_character(body)


def name(number: int) -> str:
    return f"示例企业{number:02d}号有限公司"


def rows() -> dict[str, list[dict[str, Value]]]:
    """Stored rows by table: half of the enterprises above scale; the later its number, the more tax an enterprise pays.

    Enterprises 0 to 3 stay under 5 (10k yuan) per mu, number 7 has no land on record, number 9 no electricity.
    """
    enterprises: list[dict[str, Value]] = []
    years: list[dict[str, Value]] = []
    parcels: list[dict[str, Value]] = []
    for n in range(ENTERPRISES):
        above = n % 2 == 0
        enterprises.append({"uscc": code(n), "name": name(n), "founded_on": date(2008, 1, 1), "sector": "industry", "above_scale": above,
                            "platform": "linjiang" if n % 3 else "medport", "leading_industry": "materials",
                            "subdistrict": "下沙街道" if n % 2 else "白杨街道"})
        tax = (20 if n < 4 else 60 + 15 * n) * _WAN
        years.append({
            "uscc": code(n), "year": YEAR, "tax_paid_wan": tax, "tax_added_back_wan": 0, "value_added_wan": tax * 5, "main_revenue_wan": tax * 20,
            "staff_mean": (40 + n) * _UNIT, "energy_tce": (300 + 7 * n) * 10**4, "electricity_kwh": None if n == 9 else (200_000 + 1000 * n) * _UNIT,
            "cod_t": 50_000 + 100 * n, "ammonia_nitrogen_t": 1000, "sulphur_dioxide_t": 2000, "nitrogen_oxides_t": 3000,
            "rd_statistical_wan": tax // 2})
        if n != 7:
            parcels.append({"parcel": f"P{n:03d}", "uscc": code(n), "area_mu": (10 + n % 5) * _MU, "use": "industrial"})
    platforms: list[dict[str, Value]] = [{"platform": "linjiang", "name": "临江"}, {"platform": "medport", "name": "医药港"}]
    return {"enterprises": enterprises, "enterprise_years": years, "parcels": parcels, "platforms": platforms}
