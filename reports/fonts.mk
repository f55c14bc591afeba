# fonts.mk - included by the Makefile right after SRC_reports: makes the fonts that the PDF writer carries inside the
# program. That needs python3-fonttools, fonts-liberation2 and fonts-droid-fallback (Debian) when building, and nothing when running.
PYTHON ?= /usr/bin/python3
PDF_ASSETS := $(B)/fonts/pdf_assets.c
SRC_reports += $(PDF_ASSETS)

$(PDF_ASSETS): reports/fonts.py
	@printf '  %-6s %s\n' FONTS $@
	@$(PYTHON) reports/fonts.py $(@D) || { rm -f $@; echo "cannot make the fonts for PDFs: see above" >&2; exit 1; }
