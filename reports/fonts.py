# SPDX-License-Identifier: MIT
"""fonts.py OUT-FOLDER - makes what the PDF writer carries inside the program: the cut-down fonts, their widths, and
a small sRGB profile. It writes pdf_assets.c (all of it as constants) and the fonts as .ttf files for checks by others.

The source is Liberation Sans as Debian packages it (SIL Open Font License). "Liberation" is a reserved name there, so
the cut-down fonts are called Daybook Sans. Latin, Greek and Cyrillic come of it; Chinese, Japanese and Korean come of Droid
Sans Fallback (Apache License 2.0). Both are kept as outlines by glyph, of which a document gets those that it needs. Must
never depend on the clock or the machine: the same source fonts give the same bytes.
"""

import hashlib
import os
import struct
import sys
import unicodedata

try:
    from fontTools import agl, subset
    from fontTools.ttLib import TTFont
    from fontTools.ttLib.scaleUpem import scale_upem
except ImportError:
    sys.exit("fonts.py: cannot cut fonts: Python's fontTools is missing (Debian: apt-get install python3-fonttools)")

FOLDERS = os.environ.get("FONT_FOLDERS", "/usr/share/fonts:/usr/share/fonts-droid-fallback:/usr/local/share/fonts").split(":")

# Latin, Greek and Cyrillic: what the fonts have, if the source has it; ranges are inclusive.
LATIN = [
    (0x0020, 0x007E),  # ASCII
    (0x00A0, 0x017F),  # Latin-1, Latin Extended-A
    (0x018F, 0x018F), (0x0192, 0x0192), (0x01A0, 0x01A1), (0x01AF, 0x01B0), (0x01CD, 0x01DC), (0x01E6, 0x01E7),
    (0x01FA, 0x01FF), (0x0218, 0x021B), (0x0259, 0x0259), (0x02C6, 0x02C7), (0x02DA, 0x02DA), (0x02DC, 0x02DC),
    (0x0384, 0x03CE),  # Greek
    (0x0400, 0x045F), (0x0490, 0x0493), (0x0496, 0x0497), (0x049A, 0x049B), (0x04A2, 0x04A3), (0x04AE, 0x04B3),
    (0x04BA, 0x04BB), (0x04D8, 0x04D9), (0x04E8, 0x04E9),  # Cyrillic
    (0x1E80, 0x1E85), (0x1E9E, 0x1E9E), (0x1EA0, 0x1EF9),  # Welsh, capital sharp s, Vietnamese
    (0x2010, 0x2015), (0x2018, 0x201E), (0x2020, 0x2022), (0x2026, 0x2026), (0x2030, 0x2030), (0x2032, 0x2033),
    (0x2039, 0x203A), (0x2044, 0x2044), (0x20A0, 0x20BF), (0x2116, 0x2116), (0x2122, 0x2122), (0x2190, 0x2193),
    (0x2212, 0x2212), (0x2248, 0x2248), (0x2260, 0x2260), (0x2264, 0x2265),
]

# Of the font for Chinese, Japanese and Korean.
CJK = [
    (0x2E80, 0x2FDF), (0x3001, 0x303F),  # radicals, punctuation
    (0x3041, 0x312F), (0x3131, 0x318F), (0x31A0, 0x31FF),  # kana, bopomofo, jamo
    (0x3200, 0x33FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF),  # ideographs and Hangul
    (0xFE30, 0xFE4F), (0xFF01, 0xFFEF),  # forms of full and half width
]


def find_font(name):
    for folder in FOLDERS:
        for path, folders, files in os.walk(folder):
            folders.sort()
            if name in files:
                return os.path.join(path, name)
    sys.exit(f"fonts.py: cannot find {name} below {' '.join(FOLDERS)} "
             "(Debian: apt-get install fonts-liberation2 fonts-droid-fallback; elsewhere set FONT_FOLDERS)")


def cut(source, points, style, folder):
    """A font of just these code points, renamed, unhinted."""
    font = TTFont(source, recalcTimestamp=False)
    options = subset.Options()
    options.hinting = False
    options.layout_features = []
    options.name_IDs = [0, 13, 14]
    options.name_languages = [0x409]
    options.notdef_outline = True
    options.recalc_timestamp = False
    options.drop_tables += ["GDEF", "GSUB", "GPOS", "DSIG", "gasp", "kern", "FFTM"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=points)
    cutter.subset(font)
    rename(font, style)
    scale_upem(font, 1000)  # PDF counts in thousandths; so its widths are exact, and most steps fit into a byte
    path = os.path.join(folder, f"DaybookSans-{style}.ttf")
    font.save(path, reorderTables=True)
    return TTFont(path, recalcTimestamp=False)


def rename(font, style):
    table = font["name"]
    table.names = [n for n in table.names if n.platformID == 3]
    full = f"Daybook Sans {style}"
    for number, text in ((1, "Daybook Sans"), (2, style), (3, "Daybook: " + full), (4, full), (5, "Version 1.0"),
                         (6, "DaybookSans-" + style)):
        table.setName(text, number, 3, 1, 0x409)


def glyph_names():
    """Code point to the name that PDF readers know from the Adobe Glyph List."""
    names = {}
    for name, values in sorted(agl.LEGACY_AGL2UV.items()):
        if len(values) == 1:
            names.setdefault(values[0], name)
    names.update(agl.UV2AGL)
    return names


def srgb_profile():
    """An ICC profile (version 4.3) of sRGB, IEC 61966-2-1: the colorants adapted to D50 and the exact curve."""
    def fixed(value):
        return struct.pack(">i", round(value * 65536))

    def xyz(*values):
        return b"XYZ \0\0\0\0" + b"".join(map(fixed, values))

    def text(words):
        raw = words.encode("utf-16-be")
        return b"mluc\0\0\0\0" + struct.pack(">II4sII", 1, 12, b"enUS", len(raw), 28) + raw

    curve = b"para\0\0\0\0" + struct.pack(">HH", 3, 0) + b"".join(
        map(fixed, (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)))
    adaptation = b"sf32\0\0\0\0" + b"".join(map(fixed, (
        1.0478112, 0.0228866, -0.0501270, 0.0295424, 0.9904844, -0.0170491, -0.0092345, 0.0150436, 0.7521316)))
    tags = [(b"desc", text("sRGB")), (b"cprt", text("No copyright, use freely")), (b"wtpt", xyz(0.9642, 1.0, 0.8249)),
            (b"chad", adaptation), (b"rXYZ", xyz(0.4360747, 0.2225045, 0.0139322)),
            (b"gXYZ", xyz(0.3850649, 0.7168786, 0.0971045)), (b"bXYZ", xyz(0.1430804, 0.0606169, 0.7141733)),
            (b"rTRC", curve), (b"gTRC", curve), (b"bTRC", curve)]
    table, body, at, places = b"", b"", 128 + 4 + 12 * len(tags), {}
    for tag, data in tags:
        if data not in places:
            places[data] = at + len(body)
            body += data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", tag, places[data], len(data))
    size = at + len(body)
    head = struct.pack(">I4sI4s4s4s6H4s4sI4sIQI", size, b"\0\0\0\0", 0x04300000, b"mntr", b"RGB ", b"XYZ ",
                       2025, 1, 1, 0, 0, 0, b"acsp", b"\0\0\0\0", 0, b"\0\0\0\0", 0, 0, 0)
    head += fixed(0.9642) + fixed(1.0) + fixed(0.8249) + b"\0\0\0\0"
    rest = struct.pack(">I", len(tags)) + table + body
    identity = hashlib.md5(head + bytes(128 - len(head)) + rest).digest()
    return head + identity + bytes(128 - len(head) - 16) + rest


def c_bytes(name, data):
    rows = [", ".join(map(str, data[i:i + 24])) for i in range(0, len(data), 24)]
    return f"static const unsigned char {name}[] = {{\n    " + ",\n    ".join(rows) + ",\n};\n"


def c_text(words):
    return '"' + words.encode("ascii", "replace").decode().replace("\\", "\\\\").replace('"', '\\"') + '"'


def c_source(name, font, outlines):
    """What C needs to make a font of any of the glyphs, and the initializer of its struct pdf_font_source."""
    em, head, hhea, os2 = font["head"].unitsPerEm, font["head"], font["hhea"], font["OS/2"]
    places = font["loca"].locations
    tables = "".join(c_bytes(f"{name}_{table}", font.reader[table]) for table in ("head", "hhea", "maxp"))
    told = (font["name"].getName(number, 3, 1, 0x409) for number in (0, 13, 14))  # copyright, licence, where it stands
    notice = "; ".join(" ".join(str(words).split()) for words in told if words)
    heights = [getattr(os2, "sCapHeight", hhea.ascent), getattr(os2, "sxHeight", hhea.ascent)]
    thousandths = [v * 1000 // em for v in (head.xMin, head.yMin, head.xMax, head.yMax, hhea.ascent, hhea.descent, *heights)]
    stem = 50 + (os2.usWeightClass // 65) ** 2  # Adobe's rule of thumb for a font that does not tell
    steps = [", ".join(map(str, places[i:i + 16])) for i in range(0, len(places), 16)]
    return (f"{tables}static const uint32_t {name}_places[] = {{\n    " + ",\n    ".join(steps) + "};\n",
            f"{{{outlines}, {name}_places, {len(places) - 1}, {{{name}_head, sizeof {name}_head}}, {{{name}_hhea, sizeof {name}_hhea}}, "
            f"{{{name}_maxp, sizeof {name}_maxp}}, {{{', '.join(map(str, thousandths[:4]))}}}, "
            f"{', '.join(map(str, thousandths[4:]))}, {stem}, {em}, {c_text(notice)}}}")


def latin(folder):
    """The rows of pdf_characters, the two faces, and the code points that they have."""
    styles = ("Regular", "Bold")
    sources = {style: find_font(f"LiberationSans-{style}.ttf") for style in styles}
    covered = set.intersection(*(set(TTFont(s).getBestCmap()) for s in sources.values()))
    points = sorted(u for first, last in LATIN for u in range(first, last + 1) if u in covered)
    fonts = [cut(sources[style], points, style, folder) for style in styles]
    names, out, faces, rows = glyph_names(), [], [], ""
    for style, font in zip(("regular", "bold"), fonts):
        tables, face = c_source(style, font, f"{style}_glyf")
        out += [c_bytes(f"{style}_glyf", font.reader["glyf"]), tables]
        faces.append("    " + face)
    for u in points:
        glyphs = [font.getBestCmap()[u] for font in fonts]
        width = ", ".join(str(font["hmtx"][g][0]) for font, g in zip(fonts, glyphs))
        number = ", ".join(str(font.getGlyphID(g)) for font, g in zip(fonts, glyphs))
        byte = chr(u).encode("cp1252", "ignore")
        rows += f'    {{0x{u:04x}, {{{width}}}, {{{number}}}, {byte[0] if byte else 0}, "{names.get(u, f"uni{u:04X}")}"}},\n'
    out.append("const struct pdf_font_source pdf_fonts[2] = {\n" + ",\n".join(faces) + "};")
    out.append(f"const struct pdf_character pdf_characters[] = {{\n{rows}}};")
    out.append(f"const size_t pdf_characters_count = {len(points)};")
    return out, points


def cjk(folder, known):
    """The third font. Its outlines go into a file of their own, for they are large."""
    font = TTFont(find_font("DroidSansFallback.ttf"), recalcTimestamp=False)
    cmap, em, steps = font.getBestCmap(), font["head"].unitsPerEm, font["hmtx"]
    points = [u for first, last in CJK for u in range(first, last + 1) if u in cmap and u not in known]
    path = os.path.join(folder, "cjk.glyf")
    with open(path, "wb") as file:
        file.write(font.reader["glyf"])
    rows = "".join(f"    {{0x{u:04x}, {font.getGlyphID(cmap[u])}, {steps[cmap[u]][0] * 1000 // em}}},\n" for u in points)
    tables, face = c_source("cjk", font, "pdf_cjk_outlines")
    return [
        f'__asm__(".section .rodata\\n.global pdf_cjk_outlines\\n.hidden pdf_cjk_outlines\\n.balign 16\\npdf_cjk_outlines:\\n.incbin \\"{path}\\"\\n.previous\\n");',
        "extern const uint8_t pdf_cjk_outlines[];", tables,
        f"const struct pdf_font_source pdf_cjk_font = {face};",
        f"const struct pdf_cjk_character pdf_cjk_characters[] = {{\n{rows}}};",
        f"const size_t pdf_cjk_count = {len(points)};",
    ]


def compositions(known):
    pairs = []
    for u in sorted(known):
        parts = unicodedata.decomposition(chr(u)).split()
        if len(parts) == 2 and not parts[0].startswith("<") and int(parts[0], 16) in known:
            pairs.append((int(parts[0], 16), int(parts[1], 16), u))
    rows = "".join(f"    {{0x{a:04x}, 0x{b:04x}, 0x{c:04x}}},\n" for a, b, c in sorted(pairs))
    return [f"const struct pdf_composition pdf_compositions[] = {{\n{rows}}};", f"const size_t pdf_compositions_count = {len(pairs)};"]


def main(folder):
    os.makedirs(folder, exist_ok=True)
    fonts, points = latin(folder)
    profile = srgb_profile()
    with open(os.path.join(folder, "srgb.icc"), "wb") as file:
        file.write(profile)
    out = ["/* Made by reports/fonts.py; not to be edited. Holds parts of Liberation Sans, SIL Open Font License 1.1, and of Droid Sans "
           "Fallback, Apache License 2.0. */", '#include "reports/pdf_assets.h"\n', *fonts, *cjk(folder, set(points)),
           c_bytes("srgb", profile), "const struct bytes pdf_srgb_profile = {srgb, sizeof srgb};", *compositions(set(points))]
    with open(os.path.join(folder, "pdf_assets.c"), "w", encoding="ascii") as file:
        file.write("\n".join(out) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: fonts.py OUT-FOLDER")
    main(sys.argv[1])
