# `make` lists what there is to do. Everything runs from a fresh clone: the first target that needs
# Python makes .venv (tools/setup.sh), later ones find it ready.

BIN := .venv/bin
DEMO_CASE = $(BIN)/stereosim compare case-1 --trials 6 --seed 1 --out demo/case-1
DEMO_COHORT = $(BIN)/stereosim compare screening --trials 16 --seed 1 --out demo/cohort
PYTEST = $(BIN)/python -m pytest -n 2 --dist loadfile

.PHONY: help demo app bundle translations thumbnails test test-all lint bench clean

help:  ## list the targets
	@echo "stereosim: make TARGET"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

demo:  ## compare both guidances on case 1 and on a small cohort; write the reports
	@tools/setup.sh app
	$(DEMO_CASE)
	$(DEMO_COHORT)
	@echo
	@echo "Reports:  $(CURDIR)/demo/case-1/report.html"
	@echo "          $(CURDIR)/demo/cohort/report.html"
	@echo "The app:  make app            (or: .venv/bin/stereosim app case-1)"

app:  ## open the desktop app (CASE=name opens it on that case)
	@tools/setup.sh app
	$(BIN)/stereosim app $(CASE)

bundle:  ## make dist/stereosim, a folder with the app that runs without Python
	@tools/setup.sh app bundle
	$(BIN)/pyinstaller --noconfirm --log-level WARN --distpath dist --workpath build/bundle tools/bundle/stereosim.spec
	@echo "The app:  dist/stereosim/stereosim      (or, on a case: dist/stereosim/stereosim app case-1)"

translations:  ## gather the texts of the app into its .ts files and compile them
	@tools/setup.sh app
	$(BIN)/python tools/translations.py

thumbnails:  ## make the gallery's thumbnails again, from the simulator
	@tools/setup.sh app
	$(BIN)/python tools/thumbnails.py

test:  ## run the tests, the checkers of style and types included
	@tools/setup.sh app test
	$(PYTEST) -m "not slow"

test-all:  ## run the slow tests too
	@tools/setup.sh app test bundle peers
	HYPOTHESIS_PROFILE=search $(PYTEST)

lint:  ## check style, types and layers; mend what can be mended
	@tools/setup.sh app test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench:  ## measure against a peer: make bench BENCH=triangulation
	@tools/setup.sh bench
	$(BIN)/python benchmarks/run.py $(BENCH)

clean:  ## remove what can be made again: the demo, caches, results; .venv too
	rm -rf .venv demo benchmarks/results dist build
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
