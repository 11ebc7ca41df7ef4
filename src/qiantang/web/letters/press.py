"""What letters by the thousand are set with: fonts opened once, and cut down beforehand to the characters in common use.

Of a font with tens of thousands of characters every letter takes a few hundred out, which is most of the work and most of
the file. A font of the characters of GB/T 2312 is looked through in a fraction of the time; a character outside comes from
the whole font, as ever.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

WEIGHTS = ("normal", "bold")
FAMILY = "Letter CJK"
CJK = f'"{FAMILY}", FangSong, "仿宋", "Noto Serif CJK SC", "Noto Sans CJK SC", serif'
"""Families that Chinese is set in, the first of them that is there; the cut one is there where a press has it."""
_FEATURES = ["kern", "liga", "locl"]
_SCRIPTS = ["DFLT.dflt", "hani.dflt", "hani.ZHS", "latn.dflt", "latn.ZHS"]
"""What places the signs of a line in these languages: with it a line is as wide as in the whole font, to the last digit."""
_PROBE = '<body style=\'font: {weight} 16pt {cjk}\'>企'
_MARKS = "·—…“”‘’×÷≤≥²³℃"


class Press:
    """Kept by one process for letter after letter; ``fonts`` is a folder of cut fonts, and what is not there is not used."""

    def __init__(self, fonts: Path) -> None:
        from weasyprint import CSS
        from weasyprint.text.fonts import FontConfiguration

        self.fonts = FontConfiguration()
        faces = "".join(f'@font-face {{ font-family: "{FAMILY}"; font-weight: {weight}; src: url({file.resolve().as_uri()}) }}'
                        for weight in WEIGHTS if (file := _file(fonts, weight)).is_file())
        self.sheets = [CSS(string=faces, font_config=self.fonts)] if faces else []


def cut_font(fonts: Path, weight: str) -> bool:
    """Cut the font in which letters are set on this machine, and keep it whole in the folder; False where it cannot be cut."""
    if _file(fonts, weight).is_file():
        return True
    from fontTools import subset
    from fontTools.ttLib import TTFont

    try:
        whole, number = _font_of(weight)
        options = subset.Options(hinting=False, layout_features=_FEATURES, layout_scripts=_SCRIPTS)
        font = TTFont(io.BytesIO(whole), fontNumber=number, recalcTimestamp=False, lazy=True)
        if "fvar" in font:
            return False
        subsetter = subset.Subsetter(options)
        subsetter.populate(text=common_characters())
        subsetter.subset(font)
        made = io.BytesIO()
        font.save(made)
    except Exception:  # noqa: BLE001 # whatever fontTools cannot cut, the whole font serves as well
        return False
    fonts.mkdir(parents=True, exist_ok=True)
    part = fonts / f".{weight}.{os.getpid()}.part"
    part.write_bytes(made.getvalue())
    part.replace(_file(fonts, weight))
    return True


def common_characters() -> str:
    """The characters of GB/T 2312, of ASCII, and a few marks that letters use."""
    chinese = (bytes((row, cell)).decode("gb2312", "ignore") for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF))
    return "".join(dict.fromkeys((*map(chr, range(0x20, 0x7F)), *chinese, *_MARKS)))


def _font_of(weight: str) -> tuple[bytes, int]:
    """The font that a Chinese character of that weight is set in, and its place in its file."""
    from weasyprint import HTML

    document = HTML(string=_PROBE.format(weight=weight, cjk=CJK)).render()
    document.write_pdf(full_fonts=True, uncompressed_pdf=True)
    font = next(iter(document.fonts.values()))
    return font.file_content, font.index & 0xFFFF


def _file(fonts: Path, weight: str) -> Path:
    return fonts / f"{weight}.otf"
