"""The synthetic tire plant as data: machines on their places, over ten thousand signals, products, recipes, people, vehicles, parts."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping

from qiantang.domains.factory.plant import (
    Asset,
    Part,
    Phase,
    PieceSource,
    Plant,
    Product,
    Recipe,
    Shift,
    Signal,
    Technician,
    Vehicle,
)
from qiantang.domains.factory.simulation.causes import stated_causes
from qiantang.domains.factory.simulation.figures import Figures, stated_figures
from qiantang.domains.factory.simulation.kinds import (
    COUNTERS,
    COUNTING,
    FOLLOWS_RECIPE,
    SHARES,
    Kind,
    phases,
    stated_kinds,
)
from qiantang.kernel.words import Text, same

UNWATCHED = frozenset(("machine_state", "piece_count", "reject_count", "elapsed_time", "position", "battery_charge", "hopper_level", "tank_level"))
"""Kinds that no control chart is meant for: states, counters, times in a step, and what goes up and down by its nature."""
GROUP = "demo-tire"
"""The Sparkplug group of all its edge nodes."""
PIECE_EVENTS = "piece_events"
"""The metric of a gateway whose text tells of pieces; it is of the gateway itself, not of a device behind it."""
COUNTS: Mapping[str, int] = {
    "mixer": 4, "extruder": 3, "calender": 2, "cutter": 6, "bead_line": 4, "builder": 10, "press": 80,
    "uniformity": 5, "xray": 3, "balance": 4, "steam": 1, "nitrogen": 1, "air": 1, "water": 1, "power": 1, "vehicle": 40,
}
"""How many machines of each family there are."""
SHORT: Mapping[str, str] = {
    "mixer": "mix", "extruder": "ext", "calender": "cal", "cutter": "cut", "bead_line": "bead", "builder": "bld", "press": "press",
    "uniformity": "uni", "xray": "xray", "balance": "bal", "steam": "steam", "nitrogen": "nitro", "air": "air", "water": "water",
    "power": "power", "vehicle": "agv",
}
UTILITIES = ("steam", "nitrogen", "air", "water", "power")
TITLES: Mapping[str, Text] = {
    "mixer": Text("密炼机", "mixer"), "extruder": Text("挤出线", "extrusion line"), "calender": Text("压延机", "calender"),
    "cutter": Text("裁断机", "cutter"), "bead_line": Text("钢圈线", "bead line"), "builder": Text("成型机", "building machine"),
    "press": Text("双模硫化机", "double-mould press"), "uniformity": Text("均匀性试验机", "uniformity machine"),
    "xray": Text("X 光机", "X-ray machine"), "balance": Text("动平衡机", "balancing machine"), "steam": Text("蒸汽站", "steam house"),
    "nitrogen": Text("制氮站", "nitrogen station"), "air": Text("空压站", "compressed-air station"),
    "water": Text("循环水站", "cooling-water station"), "power": Text("变配电", "power distribution"), "vehicle": Text("AGV", "AGV"),
    "gateway": Text("网关", "gateway"),
}
AREAS: tuple[tuple[str, Text, tuple[str, ...], tuple[float, float]], ...] = (
    ("mixing", Text("炼胶区", "mixing"), ("mixer",), (20, 20)),
    ("preparation", Text("部件区", "components"), ("extruder", "calender", "cutter", "bead_line"), (110, 20)),
    ("building", Text("成型区", "building"), ("builder",), (110, 110)),
    *((f"curing-{n}", Text(f"硫化{n}区", f"curing {n}"), ("press",), (220, 20 + 18 * (n - 1))) for n in (1, 2, 3, 4)),
    ("inspection", Text("检测区", "inspection"), ("uniformity", "xray", "balance"), (220, 190)),
    ("utilities", Text("动力区", "utilities"), UTILITIES, (20, 190)),
    ("logistics", Text("物流", "logistics"), ("vehicle",), (110, 190)),
)
PRESSES_IN_AREA = 20
STEPS: Mapping[str, str] = {
    "mixer": "mixing", "extruder": "extrusion", "calender": "calendering", "cutter": "cutting", "bead_line": "bead",
    "builder": "building", "press": "curing", "uniformity": "inspection", "xray": "inspection", "balance": "inspection",
}
GATEWAYS: Mapping[str, int] = {"press": 8, "builder": 2}
"""How many gateways share the machines of a family; other families stand behind one gateway each area."""
COMPOUND_TITLES = {"tread": Text("胎面胶", "tread compound"), "side": Text("胎侧胶", "sidewall compound"), "carcass": Text("胎体胶", "carcass compound"),
                   "master": Text("母炼胶", "master batch")}
"""What is mixed: three final compounds, and the master batch before them."""
COMPOUNDS = tuple(COMPOUND_TITLES)
SIZES = ("175/65R14", "195/65R15", "205/55R16", "215/60R16", "225/45R17")
CURE_FACTORS = (0.94, 0.97, 1.0, 1.03, 1.06)
"""Cure time of each size as a share of the stated one; every size has as many presses, so the mean is the stated time."""
LEVEL_STEP = 0.003
"""How much a level that follows the recipe differs from one size to the next, as a share."""
STEAM_S, EXHAUST_S, LOAD_SHARE = 300.0, 30.0, 0.85
"""Of a cure: seconds under steam (published: one to seven minutes), seconds of exhaust, and the part of loading before shaping."""
SKILLS: tuple[tuple[str, Text], ...] = (
    ("curing", Text("硫化机维修", "presses")), ("mould", Text("模具", "moulds")), ("steam", Text("管阀", "steam and valves")),
    ("instrument", Text("仪表", "instruments")), ("mechanical", Text("机械", "mechanics")), ("building", Text("成型机维修", "building machines")),
    ("mixing", Text("密炼机维修", "mixers")), ("extrusion", Text("挤出压延维修", "extrusion and calendering")),
    ("electrical", Text("电气与网络", "electrics and network")),
)
CREW: tuple[tuple[str, ...], ...] = (
    ("curing", "mould", "building"), ("steam", "instrument", "electrical"), ("mechanical", "extrusion", "mixing"),
    ("curing", "mould", "mechanical"), ("building", "electrical", "extrusion"), ("curing", "steam", "mixing"),
    ("curing", "instrument", "mould"), ("mould", "building", "mechanical"), ("steam", "electrical", "curing"),
    ("instrument", "extrusion", "mixing"),
)
"""Skills of the people of a shift, in this order; the first three know everything between them."""
SHIFTS = (
    Shift("early", Text("早班", "early"), 0, 28800, ((7200, 7800), (14400, 16200))),
    Shift("day", Text("中班", "day"), 28800, 57600, ((36000, 36600), (43200, 45000))),
    Shift("late", Text("晚班", "late"), 57600, 86400, ((64800, 65400), (72000, 73800))),
)


def cure_phases(load_s: float, cure_s: float) -> tuple[float, ...]:
    """Seconds of load, shape, steam, nitrogen and exhaust in one press cycle."""
    return (LOAD_SHARE * load_s, (1 - LOAD_SHARE) * load_s, STEAM_S, cure_s - STEAM_S - EXHAUST_S, EXHAUST_S)


def recipe_level(kind: Kind, phase: str, product: int) -> float:
    """Where a kind settles in a phase when this product is made; what does not depend on the phase depends on no product either."""
    follows = kind.by_phase and kind.family in FOLLOWS_RECIPE
    return kind.level(phase) * (1 + LEVEL_STEP * (product - 2) if follows else 1.0)


def machine_id(family: str, number: int) -> str:
    """The id of the number-th machine (from 1) of a family: ``press-07``."""
    return f"{SHORT[family]}-{number:02d}"


def gateway_of(family: str, number: int) -> str:
    """The gateway (edge node) behind which a machine stands."""
    shared = GATEWAYS.get(family)
    if shared:
        return f"gw-{SHORT[family]}-{(number - 1) * shared // COUNTS[family] + 1}"
    area = next(name for name, _, families, _ in AREAS if family in families)
    return f"gw-{area}-1"


def family_of(asset: str) -> str:
    """The family of a machine, a cavity or a gateway, by its id."""
    if asset.startswith("gw-"):
        return "gateway"
    if asset.endswith(("-L", "-R")):
        return "cavity"
    head = asset.rpartition("-")[0]
    return next(family for family, short in SHORT.items() if short == head)


def _place(number: int, corner: tuple[float, float], row: int) -> tuple[float, float]:
    return (corner[0] + 8.0 * ((number - 1) % PRESSES_IN_AREA), corner[1] + 18.0 * (row + (number - 1) // PRESSES_IN_AREA))


def _numbers(family: str, area: str) -> range:
    """Which machines of a family stand in an area: all of them, but the presses are spread over several."""
    if family != "press":
        return range(1, COUNTS[family] + 1)
    first = PRESSES_IN_AREA * (int(area[-1]) - 1) + 1
    return range(first, first + PRESSES_IN_AREA)


def _assets(figures: Figures) -> Iterator[Asset]:
    ideal = {
        "mixer": figures["mixing.batch_s"], "extruder": figures["extrusion.piece_s"] * figures["line.pieces_per_carrier"],
        "calender": figures["calendering.piece_s"] * figures["calendering.roll_pieces"],
        "cutter": figures["cutting.piece_s"] * figures["line.pieces_per_carrier"],
        "bead_line": figures["bead.piece_s"] * figures["line.pieces_per_carrier"], "builder": figures["building.cycle_s"],
        "uniformity": figures["inspection.uniformity_s"], "xray": figures["inspection.xray_s"], "balance": figures["inspection.balance_s"],
    }
    yield Asset("site", Text("演示轮胎工厂", "Demonstration tire plant"), "site")
    gateways: dict[str, tuple[float, float]] = {}
    for area, title, families, corner in AREAS:
        yield Asset(area, title, "area", "site", place=corner)
        for row, family in enumerate(families):
            for number in _numbers(family, area):
                place = _place(number - _numbers(family, area).start + 1, corner, row)
                name = machine_id(family, number)
                cycle = ideal.get(family)
                if family == "press":
                    cycle = (figures["curing.load_s"] + figures["curing.cure_s"] * CURE_FACTORS[(number - 1) % len(SIZES)]) / 2
                yield Asset(name, TITLES[family] + same(f" {number}"), "cell", area, STEPS.get(family, ""), place, cycle)
                gateways.setdefault(gateway_of(family, number), place)
                if family == "press":
                    for side, said in (("L", Text(" 左模", " left")), ("R", Text(" 右模", " right"))):
                        yield Asset(f"{name}-{side}", TITLES[family] + same(f" {number}") + said, "unit", name, "curing", place, cycle and 2 * cycle)
    for gateway, place in gateways.items():
        yield Asset(gateway, TITLES["gateway"] + same(f" {gateway[3:]}"), "cell", "logistics", "network", place)


def kinds_of(asset: Asset) -> tuple[Kind, ...]:
    """The kinds that an asset measures, counters of its cycle among them."""
    family = family_of(asset.id)
    rows = [family]
    if asset.level == "cell" and asset.step not in ("", "network"):
        rows += ["machine", *(name for name, families in COUNTERS.items() if family in families)]
    return tuple(kind for kind in stated_kinds() if kind.family in rows)


def named_kinds(asset: Asset) -> Iterator[tuple[str, Kind, int]]:
    """The name of each signal of an asset, its kind, and which of several it is (0: the only one)."""
    kinds = kinds_of(asset)
    many: dict[str, int] = {}
    for kind in kinds:
        many[kind.name] = many.get(kind.name, 0) + kind.copies
    copy: dict[str, int] = {}
    for kind in kinds:
        for _ in range(kind.copies):
            copy[kind.name] = nth = copy.get(kind.name, 0) + 1
            yield (kind.name, kind, 0) if many[kind.name] == 1 else (f"{kind.name}_{nth}", kind, nth)


def _signals(assets: tuple[Asset, ...]) -> Iterator[Signal]:
    """Counters come first: at one instant they tell of a new cycle or phase before anything else of the machine is read."""
    machines = [a for a in assets if a.level in ("cell", "unit") and a.step != "network"]
    cycle_s = {a.id: (a.ideal_cycle_s or math.inf) * (2 if a.step == "curing" else 1) for a in machines if a.level == "cell"}
    number = 0
    for counting in (True, False):
        for asset in machines:
            machine = asset.parent if asset.level == "unit" else asset.id
            gateway = gateway_of(family_of(machine), int(machine.rpartition("-")[2]))
            for name, kind, nth in named_kinds(asset):
                if (kind.role in COUNTING) != counting:
                    continue
                limits = (None, None) if kind.spec is None else (kind.base - kind.spec, kind.base + kind.spec)
                yield Signal(
                    number, f"{GROUP}/{gateway}/{asset.id}/{name}", asset.id, name, kind.name,
                    kind.title + same(f" {nth}") if nth else kind.title, kind.unit, 1 / cycle_s[machine] if kind.per_cycle else 1.0,
                    kind.least, kind.most, limits[0], limits[1], kind.grouped, kind.skewed, bool(kind.by_phase), kind.priority,
                )
                number += 1


def _recipes(figures: Figures) -> Iterator[Recipe]:
    """One recipe for each size in curing and building, for each compound in mixing, and one for every other step."""
    def recipe(step: str, of: str, number: int, families: tuple[str, ...], seconds: tuple[float, ...]) -> Recipe:
        kinds = [kind for kind in stated_kinds() if kind.by_phase and kind.family in families]
        return Recipe(f"{step}-{of or 'all'}", of, step, tuple(
            Phase(name, length, {kind.name: recipe_level(kind, name, number) for kind in kinds})
            for name, length in zip(phases(families[0])[1:], seconds, strict=True)))

    for number, size in enumerate(SIZES):
        yield recipe("curing", size, number, ("cavity", "press"), cure_phases(figures["curing.load_s"], figures["curing.cure_s"] * CURE_FACTORS[number]))
    for number, size in enumerate(SIZES):
        yield recipe("building", size, number, ("builder",), tuple(share * figures["building.cycle_s"] for share in SHARES["builder"]))
    for number, compound in enumerate(COMPOUNDS):
        yield recipe("mixing", compound, number, ("mixer",), tuple(share * figures["mixing.batch_s"] for share in SHARES["mixer"]))
    per_carrier = figures["line.pieces_per_carrier"]
    for step, families, run_s, setup_s in (
        ("extrusion", ("extruder",), figures["extrusion.setup_every_s"], figures["extrusion.setup_s"]),
        ("calendering", ("calender",), figures["calendering.setup_every_s"], figures["calendering.setup_s"]),
        ("cutting", ("cutter",), figures["cutting.piece_s"] * per_carrier, figures["cutting.setup_s"]),
        ("bead", ("bead_line",), figures["bead.piece_s"] * per_carrier, figures["bead.setup_s"]),
        ("inspection", ("uniformity", "xray", "balance"), figures["inspection.uniformity_s"], 0.0),
    ):
        yield recipe(step, "", 2, families, (run_s, setup_s))


def _piece_sources() -> Iterator[PieceSource]:
    """Every gateway of machines that make or test pieces tells of them in one metric of its own."""
    for gateway in dict.fromkeys(gateway_of(family, number) for family in STEPS for number in range(1, COUNTS[family] + 1)):
        yield PieceSource("sparkplug", f"{GROUP}/{gateway}//{PIECE_EVENTS}")


def _technicians(seed: int, per_shift: int) -> Iterator[Technician]:
    draw = random.Random(f"{seed}/people")
    homes = [corner for _, _, _, corner in AREAS]
    for s, shift in enumerate(SHIFTS):
        for n in range(per_shift):
            number = s * per_shift + n + 1
            yield Technician(f"t-{number:02d}", f"演示技师{number:02d}", frozenset(CREW[n % len(CREW)]), shift.name, draw.choice(homes))


def _for(part: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The kinds of signals that stand still where a sensor is to be changed for this part, and the rules that say so."""
    kinds = sorted({shows.kind for cause in stated_causes().values() if cause.part == part for shows in cause.shows if shows.how == "freeze"})
    return (tuple(kinds), ("stuck", "quality")) if kinds else ((), ())


def made_plant(seed: int = 1, figures: Figures | None = None) -> Plant:
    """The plant: 80 double-mould presses and what feeds and tests them; the seed decides where people wait and where parts lie.

    More than 10,000 signals of more than a hundred kinds. Nobody and nothing in it exists; ``synthetic`` says so.
    """
    figures = figures or stated_figures()
    assets = tuple(_assets(figures))
    draw = random.Random(f"{seed}/parts")
    parts = sorted({cause.part for cause in stated_causes().values() if cause.part} | {"mould_pair"})
    mass = figures["mixing.tread_kg"] + figures["mixing.side_kg"] + figures["mixing.carcass_kg"]
    return Plant(
        "demo-tire", Text("演示轮胎工厂（合成数据）", "Demonstration tire plant (synthetic)"), assets, tuple(_signals(assets)),
        (*(Product(size, same(size), mass) for size in SIZES), *(Product(name, title, figures["mixing.batch_kg"]) for name, title in COMPOUND_TITLES.items())),
        tuple(_recipes(figures)), SKILLS, SHIFTS,
        tuple(_technicians(seed, int(figures["people.per_shift"]))),
        tuple(Vehicle(machine_id("vehicle", n), 2400.0, 0.22, figures["people.walk_m_s"], (110.0, 190.0)) for n in range(1, COUNTS["vehicle"] + 1)),
        tuple(Part(name, same(name.replace("_", " ")), draw.randrange(6, 30), (150.0, 100.0), *_for(name)) for name in parts),
        operators=int(figures["people.operators"]), takt_s=figures["line.takt_s"], synthetic=True, piece_sources=tuple(_piece_sources()),
    )
