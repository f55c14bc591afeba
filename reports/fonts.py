# SPDX-License-Identifier: MIT
"""fonts.py OUT-FOLDER - makes what the PDF writer carries inside the program: the cut-down fonts, their widths, and
a small sRGB profile. It writes pdf_assets.c (all of it as constants) and the fonts as .ttf files for checks by others.

The source is Liberation Sans as Debian packages it (SIL Open Font License). "Liberation" is a reserved name there, so
the cut-down fonts are called Daybook Sans; copyright and licence stay inside them. Each face is cut several times:
"basic" (English), those of single languages and "western" (the languages of western Europe) are small enough to go into documents as they are, so
they are kept compressed, ready to be copied; "wide" adds the rest of Latin, Greek and Cyrillic, and is cut down to
the document at hand when it is written. Chinese, Japanese and Korean come of Droid Sans Fallback (Apache License 2.0), as
a table of glyphs of which a document gets those that it needs. Must never depend on the clock or the machine: the same source fonts give
the same bytes.
"""

import array
import hashlib
import io
import os
import struct
import sys
import unicodedata
import zlib

try:
    from fontTools import agl, subset
    from fontTools.ttLib import TTFont, newTable
    from fontTools.ttLib.scaleUpem import scale_upem
    from fontTools.ttLib.tables.ttProgram import Program
except ImportError:
    sys.exit("fonts.py: cannot cut fonts: Python's fontTools is missing (Debian: apt-get install python3-fonttools)")

FOLDERS = os.environ.get("FONT_FOLDERS", "/usr/share/fonts:/usr/share/fonts-droid-fallback:/usr/local/share/fonts").split(":")

BASIC = [chr(u) for u in range(0x20, 0x7F)] + list("\u00a0€£§©·×–—‘’“”…")
# What one language needs, so that its documents need not carry the letters of all.
LANGUAGES = {"german": BASIC + list("ÄÖÜäöüß„"), "spanish": BASIC + list("ÁÉÍÑÓÚÜáéíñóúü¡¿ºª"),
             "french": BASIC + list("ÀÂÇÈÉÊËÎÏÔŒÙÛàâçèéêëîïôœùûüÿ«»°")}
WESTERN = BASIC + list("ÀÁÄÅÆÇÈÉÍÑÓÖØÚÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿœšž¡¿«»°„ÂÊËÎÏÔŒÙÛºª")

# What a "wide" font has, if the source has it; ranges are inclusive.
WIDE = [
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


def cut(source, points, style, folder, name):
    """A font of just these code points, renamed, unhinted; its bytes."""
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
    for tag, table in (("cvt ", "values"), ("fpgm", "program"), ("prep", "program")):
        empty(font, tag, table)  # libharu wants these tables to be there
    glyphs = font["glyf"]
    for glyph in glyphs.keys():
        if glyphs[glyph].isComposite() and any(glyphs[c.glyphName].isComposite() for c in glyphs[glyph].components):
            sys.exit(f"fonts.py: {source}: glyph {glyph} is built of built glyphs, which libharu would print incomplete")
    out = io.BytesIO()
    font.save(out, reorderTables=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(out.getvalue())
    return out.getvalue()


def bare(font_bytes):
    """The tables that a font inside a document needs, and no other; compressed."""
    font = TTFont(io.BytesIO(font_bytes), recalcTimestamp=False)
    for tag in ("OS/2", "name", "post", "cvt ", "fpgm", "prep"):
        if tag in font:
            del font[tag]
    out = io.BytesIO()
    font.save(out, reorderTables=True)
    packer = zlib.compressobj(9, zlib.DEFLATED, 15, 9)
    return len(out.getvalue()), packer.compress(out.getvalue()) + packer.flush()


def rename(font, style):
    table = font["name"]
    table.names = [n for n in table.names if n.platformID == 3]
    full = "Daybook Sans" + ("" if style == "Regular" else " " + style)
    # Each face is a family of its own with a "Regular" style: libharu appends any other style to the font's name.
    for number, text in ((1, full), (2, "Regular"), (3, "Daybook: " + full), (4, full), (5, "Version 1.0"),
                         (6, "DaybookSans-" + style)):
        table.setName(text, number, 3, 1, 0x409)


def empty(font, tag, attribute):
    table = newTable(tag)
    if attribute == "values":
        table.values = array.array("h", [0])
    else:
        table.program = Program()
        table.program.fromBytecode([0xB0, 0x00, 0x21])  # push a byte, pop it
    font[tag] = table


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


def widths(font_bytes):
    """{code point: width in thousandths of the size}."""
    font = TTFont(io.BytesIO(font_bytes))
    return {u: font["hmtx"][g][0] for u, g in font.getBestCmap().items()}


def c_bytes(name, data):
    rows = [", ".join(map(str, data[i:i + 24])) for i in range(0, len(data), 24)]
    return f"static const unsigned char {name}[] = {{\n    " + ",\n    ".join(rows) + ",\n};\n"


def main(folder):
    os.makedirs(folder, exist_ok=True)
    sources = {style: find_font(f"LiberationSans-{style}.ttf") for style in ("Regular", "Bold")}
    covered = set.intersection(*(set(TTFont(s).getBestCmap()) for s in sources.values()))
    wide = sorted(u for first, last in WIDE for u in range(first, last + 1) if u in covered)
    packs = {"basic": BASIC, **LANGUAGES, "western": WESTERN}
    spans = {**{name: set(map(ord, letters)) for name, letters in packs.items()}, "wide": set(wide)}
    missing = spans["western"] - spans["wide"]
    if missing:
        sys.exit("fonts.py: the source fonts lack " + " ".join(f"U+{u:04X}" for u in sorted(missing)))
    fonts = {(span, style): cut(source, sorted(points), style, folder, f"DaybookSans-{style}-{span}.ttf")
             for span, points in spans.items() for style, source in sources.items()}
    write_assets(folder, wide, spans, fonts)


def cut_cjk(folder, known):
    """The glyphs of the third font: what C needs to make a font of any of them; the outlines go into a file of their own."""
    font = TTFont(find_font("DroidSansFallback.ttf"), recalcTimestamp=False)
    cmap, em, steps, places = font.getBestCmap(), font["head"].unitsPerEm, font["hmtx"], font["loca"].locations
    points = [u for first, last in CJK for u in range(first, last + 1) if u in cmap and u not in known]
    with open(os.path.join(folder, "cjk.glyf"), "wb") as file:
        file.write(font.reader["glyf"])
    rows = "".join(f"    {{0x{u:04x}, {font.getGlyphID(cmap[u])}, {steps[cmap[u]][0] * 1000 // em}}},\n" for u in points)
    head, hhea = font["head"], font["hhea"]
    box = [v * 1000 // em for v in (head.xMin, head.yMin, head.xMax, head.yMax)]
    path = os.path.join(folder, "cjk.glyf")
    return [
        "/* Outlines of Droid Sans Fallback: Digitized data copyright Google Corporation 2006, Apache License 2.0. */",
        f'__asm__(".section .rodata\\n.global pdf_cjk_outlines\\n.hidden pdf_cjk_outlines\\n.balign 16\\npdf_cjk_outlines:\\n.incbin \\"{path}\\"\\n.previous\\n");',
        f"const uint32_t pdf_cjk_places[] = {{\n    " + ",\n    ".join(
            ", ".join(map(str, places[i:i + 16])) for i in range(0, len(places), 16)) + "};",
        f"const struct pdf_cjk_character pdf_cjk_characters[] = {{\n{rows}}};",
        f"const size_t pdf_cjk_count = {len(points)};",
        c_bytes("cjk_head", font.reader["head"]), c_bytes("cjk_hhea", font.reader["hhea"]), c_bytes("cjk_maxp", font.reader["maxp"]),
        "const struct pdf_cjk_font pdf_cjk_font = {{cjk_head, sizeof cjk_head}, {cjk_hhea, sizeof cjk_hhea}, "
        f"{{cjk_maxp, sizeof cjk_maxp}}, {{{', '.join(map(str, box))}}}, {hhea.ascent * 1000 // em}, {hhea.descent * 1000 // em}, {em}}};",
    ]


def write_assets(folder, wide, spans, fonts):
    names = glyph_names()
    regular, bold = (widths(fonts["wide", style]) for style in ("Regular", "Bold"))
    out = ["/* Made by reports/fonts.py; not to be edited. Holds parts of Liberation Sans, SIL Open Font License 1.1. */",
           '#include "reports/pdf_assets.h"\n']
    for span in ("western", "wide"):
        for style in ("Regular", "Bold"):
            out.append(c_bytes(f"{style.lower()}_{span}", fonts[span, style]))
        out.append(f"const struct bytes pdf_fonts_{span}[2] = {{{{regular_{span}, sizeof regular_{span}}}, "
                   f"{{bold_{span}, sizeof bold_{span}}}}};")
    rows = ""
    packs = [name for name in spans if name != "wide"]
    for span in packs:
        row = ""
        for style in ("Regular", "Bold"):
            size, packed = bare(fonts[span, style])
            name = f"{style.lower()}_{span}_packed"
            out.append(c_bytes(name, packed))
            row += f"{{{{{name}, sizeof {name}}}, {size}}}, "
        rows += f"    {{{row[:-2]}}},\n"
    out.append(f"const struct pdf_packed_font pdf_packed_fonts[][2] = {{\n{rows}}};")
    profile = srgb_profile()
    with open(os.path.join(folder, "srgb.icc"), "wb") as file:
        file.write(profile)
    out.append(c_bytes("srgb", profile))
    out.append("const struct bytes pdf_srgb_profile = {srgb, sizeof srgb};")
    rows = ""
    for u in wide:
        mask = sum(1 << i for i, name in enumerate(packs) if u in spans[name])
        byte = chr(u).encode("cp1252")[0] if mask else 0
        rows += f'    {{0x{u:04x}, {{{regular[u]}, {bold[u]}}}, {mask}, {byte}, "{names.get(u, f"uni{u:04X}")}"}},\n'
    out.append(f"const struct pdf_character pdf_characters[] = {{\n{rows}}};")
    out.append(f"const size_t pdf_characters_count = {len(wide)};")
    known = set(wide)
    out += cut_cjk(folder, known)
    pairs = []
    for u in wide:
        parts = unicodedata.decomposition(chr(u)).split()
        if len(parts) == 2 and not parts[0].startswith("<") and int(parts[0], 16) in known:
            pairs.append((int(parts[0], 16), int(parts[1], 16), u))
    rows = "".join(f"    {{0x{a:04x}, 0x{b:04x}, 0x{c:04x}}},\n" for a, b, c in sorted(pairs))
    out.append(f"const struct pdf_composition pdf_compositions[] = {{\n{rows}}};")
    out.append(f"const size_t pdf_compositions_count = {len(pairs)};")
    with open(os.path.join(folder, "pdf_assets.c"), "w", encoding="ascii") as file:
        file.write("\n".join(out) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: fonts.py OUT-FOLDER")
    main(sys.argv[1])
