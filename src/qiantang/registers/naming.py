"""How a row names the enterprise it is about: the unified social credit code, under every header departments use."""

from __future__ import annotations

from qiantang.kernel.facts.schema import Column, code

USCC_ALIASES = ("信用代码", "社会信用代码", "统一信用代码", "统一社会信用代码（18位）", "纳税人识别号", "税号", "USCC",
                "credit code", "unified social credit code")


def enterprise(name: str = "uscc", zh: str = "统一社会信用代码", en: str = "unified social credit code", *,
               required: bool = True, known: bool = True, aliases: tuple[str, ...] = ()) -> Column:
    """A credit code; ``known`` where the enterprises register should know it."""
    return code(name, zh, en, required=required, check="uscc", refers_to="enterprises" if known else "",
                aliases=(USCC_ALIASES if name == "uscc" else ()) + aliases)
