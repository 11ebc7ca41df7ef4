"""Every synthetic value is drawn from the digest of seed, field and subject: the same on any machine, in any order."""

from __future__ import annotations

MACROS = (
    # 64 bits that depend on nothing but seed, field and key; a digest, because its value is fixed by a standard.
    "CREATE MACRO draw(field, key) AS CAST(md5_number('{seed}/' || field || '/' || key) >> 64 AS UBIGINT)",
    # Evenly spread in [0, 1).
    "CREATE MACRO chance(field, key) AS (draw(field, key) >> 11) / 9007199254740992.0",
    # Nearly normal: four even draws of 16 bits, added; mean 0, deviation 1, never beyond 3.5.
    """CREATE MACRO bell_of(bits) AS ((bits & 65535)::DOUBLE + ((bits >> 16) & 65535) + ((bits >> 32) & 65535)
        + (bits >> 48) - 131070) / 65536.0 * 1.7320508075688772""",
    "CREATE MACRO bell(field, key) AS bell_of(draw(field, key))",
    # Between two values, evenly.
    "CREATE MACRO between_(field, key, low, high) AS low + (high - low) * chance(field, key)",
    # A whole number from low to high, both included.
    "CREATE MACRO whole(field, key, low, high) AS low + CAST(floor((high - low + 1) * chance(field, key)) AS INTEGER)",
    # One of a list.
    "CREATE MACRO pick(field, key, words) AS words[1 + CAST(floor(len(words) * chance(field, key)) AS INTEGER)]",
    # Exact decimals, so that sums do not depend on the order in which they are added.
    "CREATE MACRO cents(value) AS CAST(round(value, 2) AS DECIMAL(18, 2))",
    "CREATE MACRO tenthousandths(value) AS CAST(round(value, 4) AS DECIMAL(18, 4))",
)
"""What the SQL of the demonstration draws with."""


def macros(seed: int) -> list[str]:
    """The statements that make the draws of one seed."""
    return [macro.format(seed=int(seed)) for macro in MACROS]
