"""Credit codes of synthetic enterprises: formally valid, in a block under a division that no place bears.

Characters 3 to 8 of a credit code are the administrative division of the registering office. The codes made here
say 339900: GB/T 2260 has no division of that number. The organisation part begins with the letter D (for
demonstration) and then counts, so that ``91339900D0000007…`` is the seventh; both check characters are right.
"""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of GB 32100-2015; I, O, S, V and Z are not used."""

HEAD = "91339900"
ENTERPRISE_BLOCK, FORMER_BLOCK, STRANGER_BLOCK, ORGANISATION_BLOCK = "D", "E", "F", "G"
"""First letter of the organisation part: enterprises, codes they once had, codes nobody registered, other bodies."""

_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_CODE_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def synthetic_code(number: int, block: str = ENTERPRISE_BLOCK) -> str:
    """The valid code of a number from 0 to 9,999,999 in a block."""
    body = f"{block}{number:07d}"
    # GB 11714 counts letters from A = 10 with none left out; GB 32100 counts along its own alphabet.
    rest = 11 - sum(w * int(c, 36) for w, c in zip(_ORGANISATION_WEIGHTS, body, strict=True)) % 11
    body += {10: "X", 11: "0"}.get(rest, str(rest))
    whole = HEAD + body
    check = 31 - sum(w * ALPHABET.index(c) for w, c in zip(_CODE_WEIGHTS, whole, strict=True)) % 31
    return whole + ALPHABET[check % 31]


def macros() -> list[str]:
    """``credit_code(number, block)`` in SQL, digit by digit, for a million codes at once."""
    digits = [f"(number // {10 ** (7 - place)} % 10)" for place in range(1, 8)]
    organisation = " + ".join([f"{_ORGANISATION_WEIGHTS[0]} * (ascii(block) - 55)",
                               *(f"{w} * {d}" for w, d in zip(_ORGANISATION_WEIGHTS[1:], digits, strict=True))])
    head = sum(w * ALPHABET.index(c) for w, c in zip(_CODE_WEIGHTS, HEAD, strict=False))
    body = " + ".join([f"{head} + {_CODE_WEIGHTS[8]} * (strpos('{ALPHABET}', block) - 1)",
                       *(f"{w} * {d}" for w, d in zip(_CODE_WEIGHTS[9:16], digits, strict=True))])
    return [
        f"CREATE MACRO organisation_check(number, block) AS 11 - ({organisation}) % 11",
        "CREATE MACRO organisation_mark(rest) AS CASE rest WHEN 10 THEN 'X' WHEN 11 THEN '0' ELSE CAST(rest AS VARCHAR) END",
        f"""CREATE MACRO code_check(number, block, rest) AS (31 - ({body} + {_CODE_WEIGHTS[16]} *
            (CASE rest WHEN 10 THEN {ALPHABET.index('X')} WHEN 11 THEN 0 ELSE rest END)) % 31) % 31""",
        f"""CREATE MACRO credit_code_of(number, block, rest) AS '{HEAD}' || block || lpad(CAST(number AS VARCHAR), 7, '0')
            || organisation_mark(rest) || substr('{ALPHABET}', 1 + CAST(code_check(number, block, rest) AS INTEGER), 1)""",
        "CREATE MACRO credit_code(number, block) AS credit_code_of(number, block, organisation_check(number, block))",
    ]
