# SPDX-FileCopyrightText: 2026 The Nova contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# `make help` lists what can be made. On a system without KDE Frameworks 6.13
# the targets run inside the lab, a Debian 13 host in a container.

PREFIX     ?= $(if $(NOVA_LAB),/usr,/usr/local)
DESTDIR    ?=
BINDIR     ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/libexec
DATADIR    ?= $(PREFIX)/share
UNITDIR    ?= $(PREFIX)/lib/systemd/system
# The bus and polkit read these folders wherever Nova itself is installed.
DBUSDIR    ?= $(if $(filter /usr,$(PREFIX)),/usr/share,/etc)/dbus-1/system.d
POLKITDIR  ?= /usr/share/polkit-1/actions

# Installs what building needs, where this system has it.
SETUP      ?= packaging/system setup

# What is installed and measured is built for speed, what is tested for being
# built soon: the optimised programs take twice as long to compile.
QUICK      := run test check unit outside soak machine screenshots programs drive packaged edit
PROFILE    ?= $(if $(filter $(QUICK),$(MAKECMDGOALS)),dev,release)
CARGO      ?= cargo
LAB        := tests/lab/lab
TARGET     := $(or $(CARGO_TARGET_DIR),target)
OUT        := $(TARGET)/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))
FLAGS      := --profile $(PROFILE) --locked

# Cargo builds all dependencies anew, and with them the C++ of the window, for
# each set of packages and kinds of targets that is asked for. All that tests
# asks for one set, the workspace with its tests (TESTED); what is only run or
# packaged does without them. So unit tests are named, not packages left out.
UNITS      := $(patsubst %.rs,--test %,$(notdir $(wildcard src/*/tests/*.rs)))

# Whether this very system builds: the lab, or one with recent Frameworks.
HERE       := $(or $(NOVA_LAB),$(shell packaging/system capable && echo 1))
INSIDE     := $(LAB) exec -- make --no-print-directory PREFIX=/usr PROFILE=$(PROFILE)

# Random tests draw the same cases in each run, so that a change is judged by
# what it changes; a soak draws new ones.
ifeq ($(filter soak,$(MAKECMDGOALS)),)
export PROPTEST_RNG_SEED ?= 2
endif

BEGAN := $(shell date +%s)
STEP = @printf '\n\033[1m== %s\033[0m\n'

.PHONY: help run build test format check unit outside machine soak install screenshots bench \
        edit package lab setup clean programs drive packaged

help:
	@sed -n 's/^#: //p' Makefile

#: make run          set up, build and open the window; without a display: on
#:                   a virtual desktop, with a picture of each page
#: make build        the programs, completions and manual pages
#: make test         everything: linters, unit tests, then the installed Nova
#:                   driven from outside on a real host (in the lab)
#: make check        formatter and linters alone
#: make unit         unit and property tests alone
#: make outside      only the tests that drive the installed Nova (in the lab)
#: make soak         the fault, race and guard tests at full length: hours
#: make install      DESTDIR= and PREFIX= (/usr/local) are honoured
#: make machine      what needs a kernel with VLAN filtering, in the lab's
#:                   virtual machine
#: make screenshots  docs/screenshots, each page light, dark and narrow
#: make bench        Nova measured against the programs used instead of it
#: make edit         how long it takes from an edit of QML to the window that
#:                   shows it
#: make package      an Arch Linux package of this checkout
#: make lab          boot the lab; tests/lab/lab help says more
#: make clean        remove what was built

# ------------------------------------------------------------------ anywhere

setup:
ifdef NOVA_LAB
else ifdef HERE
	@command -v $(CARGO) >/dev/null || { \
	    echo 'Nova is built with Rust 1.95; https://rustup.rs has it.' >&2; exit 1; }
	@$(SETUP)
else
	@command -v rustup >/dev/null || { \
	    echo 'The lab uses the Rust of this user; https://rustup.rs has it.' >&2; exit 1; }
	@$(LAB) up
endif

lab:
	@$(LAB) up && $(LAB) status

clean:
	rm -rf $(TARGET) 2>/dev/null || sudo rm -rf $(TARGET)

# What drives a whole host never does so with this one.
ifndef NOVA_LAB

test: setup
	@$(LAB) reset
	@tests/lab/check
	@tests/lab/outside 'check programs' unit packaged
	@spent=$$(($$(date +%s) - $(BEGAN))); \
	    printf '\n\033[1m== All passed after %d min %d s\033[0m\n' $$((spent / 60)) $$((spent % 60))

outside: setup
	@$(LAB) reset
	@tests/lab/outside programs

soak: setup
	@$(LAB) reset
	@$(LAB) scene small
	@$(LAB) desktop up
	@$(INSIDE) $@

machine: setup
	@$(LAB) vm up
	@$(INSIDE) $@

screenshots: setup
	@$(LAB) reset
	@$(INSIDE) build install
	@tests/lab/pictures docs/screenshots --all

bench: setup
	@$(LAB) desktop up
	@$(INSIDE) build install bench

edit: setup
	@$(LAB) desktop up
	@$(INSIDE) build install edit

package: setup
	@$(INSIDE) build package
endif

# ------------------------------------------------- inside the lab, for older

ifndef HERE

build check unit: setup
	@$(INSIDE) $@

install: setup
ifneq ($(DESTDIR),)
	@echo 'This system has no KDE Frameworks 6.13; Nova cannot be installed into it.' >&2; exit 1
endif
	@echo 'This system has no KDE Frameworks 6.13; installing into the lab.'
	@$(INSIDE) build install

run: setup
	@$(INSIDE) build install
	@tests/lab/pictures target/screenshots

endif

# --------------------------------------------------- where Nova can be built

ifdef HERE

build: setup
	$(STEP) 'Building'
	$(CARGO) build $(FLAGS) --workspace --bins $(TESTED)
	$(OUT)/nova-generate $(OUT)/generated

format: setup
	$(STEP) 'Formatter'
	$(CARGO) fmt --all --check

# qmllint reads the QML module that was built.
check: TESTED := --tests
check: format build
	$(STEP) 'Linters'
	$(CARGO) clippy $(FLAGS) --workspace --all-targets -- -D warnings
	$(CARGO) clippy $(FLAGS) --workspace --test '*' -- -D warnings
	@packaging/lint $(OUT)

unit: setup
	$(STEP) 'Unit and property tests'
	$(CARGO) test $(FLAGS) --no-fail-fast --workspace --lib --bins $(UNITS)
	$(CARGO) test $(FLAGS) --no-fail-fast --workspace --doc

ifndef NOVA_LAB
run: build
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
	    packaging/helper '$(OUT)' '$(PROFILE)' && $(OUT)/nova-desktop; else \
	    $(INSIDE) build install && tests/lab/pictures target/screenshots; fi
endif

install:
	@packaging/install '$(OUT)' '$(DESTDIR)' '$(BINDIR)' '$(LIBEXECDIR)' '$(DATADIR)' \
	    '$(UNITDIR)' '$(DBUSDIR)' '$(POLKITDIR)'
endif

# ------------------------------------------------------- only inside the lab

ifdef NOVA_LAB

MACHINE := cli_bond cli_vlan machine_faults machine_guard machine_reboot machine_time \
    machine_traffic machine_wifi machine_window

# Everything that is driven and that drives.
programs: TESTED := --tests
programs: build

# Some tests (TESTS=--test NAME…) with what was built, on a host with a scene.
drive: SCENE ?= small
drive:
	@$(MAKE) --no-print-directory install
	@[ -z '$(SCENE)' ] || tests/lab/scenes/build $(SCENE)
	$(CARGO) test $(FLAGS) --no-fail-fast --workspace $(TESTS) -- --test-threads=1

packaged:
	$(STEP) 'Package'
	@PROFILE=$(PROFILE) TESTED=--tests packaging/arch/check

soak: programs
	@$(MAKE) --no-print-directory install
	NOVA_OWNERSHIP_MIXES=10000 $(CARGO) test $(FLAGS) -p nova-helper r33
	NOVA_MODELS=100000 $(CARGO) test $(FLAGS) -p nova-model r31
	NOVA_FAULT_STRIDE=5 NOVA_ERROR_STRIDE=20 NOVA_SEEDS=5 NOVA_RACE_TRIES=10000 \
	    NOVA_KILL_TRIES=1000 NOVA_GOOD_CHANGES=200 NOVA_SILENT_SECONDS=130 \
	    NOVA_IDLE_SECONDS=600 NOVA_RANDOM_PLANS=1000 NOVA_EVERYTHING=1 \
	    NOVA_CLIENT_APPLIES=1000 NOVA_FLOOD_SECONDS=60 NOVA_UPSETS=1 \
	    $(CARGO) test $(FLAGS) --no-fail-fast --workspace \
	    --test helper_faults --test helper_agent --test helper_guard --test helper_race \
	    --test helper_deadman --test helper_rollback --test helper_security \
	    --test topology --test window_keyboard \
	    -- --test-threads=1 --nocapture

machine: programs
	@$(MAKE) --no-print-directory install
	$(CARGO) test $(FLAGS) --no-fail-fast --workspace $(MACHINE:%=--test %) -- --test-threads=1

bench:
	$(OUT)/nova-bench

edit:
	$(OUT)/nova-bench edit

package:
	@packaging/arch/check --keep
endif
