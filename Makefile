# SPDX-License-Identifier: GPL-2.0
# Targets for people; what Kbuild needs is in Kbuild. `make help' lists them.

# The one-letter options make was given: its first word unless that begins with a dash.
OPTIONS := $(filter-out -% %=%,$(firstword $(MAKEFLAGS)))
DRY_RUN := $(strip $(foreach letter,n q t,$(findstring $(letter),$(OPTIONS))))
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := all
SHELL := /bin/bash

TESTING := tools/testing
VM := $(TESTING)/vm

# The running kernel's headers, else the newest installed.
RUNNING = $(wildcard /lib/modules/$(shell uname -r)/build)
NEWEST = $(shell ls -d /usr/src/linux-headers-*-amd64 2>/dev/null | sort -V | tail -n 1)
KDIR ?= $(or $(RUNNING),$(NEWEST))
HAVE_KDIR = @[ -f "$(KDIR)/Makefile" ] || \
	{ echo "no kernel headers$(KDIR:%= in %): run \`make deps' or give KDIR=DIRECTORY" >&2; exit 1; }

VERSION = $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
# One DESTDIR for both halves of an installation. Also where the environment has an empty INSTALL_MOD_PATH, as below
# another run of this file.
INSTALL_MOD_PATH := $(or $(INSTALL_MOD_PATH),$(DESTDIR))
export INSTALL_MOD_PATH
DKMS_SOURCE ?= /usr/src/tcptrace-$(VERSION)

all: module tools ## Build the module (KDIR=headers of another kernel) and tcptracectl

module: ## Build tcptrace.ko
	$(HAVE_KDIR)
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

tools: ## Build tools/tcptracectl/tcptracectl
	$(MAKE) -C tools/tcptracectl

install: modules_install ## Install the module, tcptracectl and its man page
	$(MAKE) -C tools/tcptracectl install

modules_install: module ## Install the module for the kernel of KDIR
	$(MAKE) -C $(KDIR) M=$(CURDIR) CONFIG_MODULE_SIG_ALL= modules_install

uninstall: ## Remove what `make install' installed
	$(HAVE_KDIR)
	release=$$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h) && \
		modules=$(INSTALL_MOD_PATH)/lib/modules/$$release && \
		find $$modules -name 'tcptrace.ko*' -delete && \
		{ [ ! -e $$modules/modules.order ] || depmod $(addprefix -b ,$(INSTALL_MOD_PATH)) $$release; }
	$(MAKE) -C tools/tcptracectl uninstall

dkms: dkms-source ## Let dkms build and install the module for the kernels of this machine
	dkms install tcptrace/$(VERSION)

dkms-source:
	mkdir -p $(DKMS_SOURCE)
	tar -c --exclude='*.o' --exclude='*.ko' --exclude='*.cmd' --exclude='*.mod' --exclude='*.mod.c' \
		Kbuild dkms.conf module | tar -x -C $(DKMS_SOURCE)

deps: ## Install with apt what all this needs (as root, on Debian 12)
	@$(VM)/deps
	@[ -e $(TT_EXEC) ] || $(VM)/build-exec $(TT_EXEC)

# ---- The virtual machine. The runner does everything, `make' only hands over.

# CMD goes to the runner as it is, never expanded: it may hold any `$'.
VM_VARIABLES := CMD KERNEL SHARE MODULE_PARAMS NOMODULE VM_TIMEOUT VM_MEM VM_SMP VM_ACCEL VM_THREADS VM_STRICT VM_VERBOSE
unexport CMD
export TT_CMD := $(value CMD)

# Where make can load a plugin, the runner takes make's place, so that the command's exit status is make's.
# Not under `make -n' and its like, nor beside other goals. The number changes with tt-exec.c: there is no
# rebuilding by date, and the plugin outlives the tree, since building it makes `make -C' say "Entering
# directory" on the stdout that belongs to CMD. `make deps' builds it.
TT_EXEC := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/tcptrace/tt-exec-1.so
ifeq ($(MAKECMDGOALS),vm)
ifeq ($(filter load,$(.FEATURES))$(DRY_RUN),load)
-load $(TT_EXEC)(tt_exec_setup)
endif
endif

$(TT_EXEC):
	@$(VM)/build-exec $@

vm: ## Run CMD='...' in a VM with the module loaded: KERNEL=6.1|6.12|... SHARE=DIRECTORY
	@$(tt-exec $(VM_VARIABLES),$(VM)/vm)CMD=$$TT_CMD $(VM)/vm

demo: deps ## Show the module at work, in a throwaway VM; LESSON=handshake: a lesson of the tutorial
	@$(if $(LESSON),tools/docs/docs lesson "$$LESSON",$(TESTING)/demo/demo)

docs: deps ## Write the outputs in the documents, and the state diagram, anew (needs Graphviz)
	@tools/docs/docs write

# ---- Tests

FUZZ_DEPS := clang libclang-rt-14-dev

check: deps ## Run all tests; the last line says how many passed and failed
	@$(VM)/deps tshark $(FUZZ_DEPS)
	@$(TESTING)/check

check-%: deps
	@$(TESTING)/check $*

check-core: ## Is the core free of the kernel?
check-build: ## Does the module build for both kernels, without a warning at W=1?
check-make: ## Do make, make install and make clean do what they say?
check-unit: ## Test the core in userspace, under ASan and UBSan
check-model: ## Every interleaving of two endpoints, a bad channel and the core (MODEL_DEPTH=11)
check-replay: deps ## Test tcptracectl on captures, under ASan and UBSan, beside tshark
	@$(VM)/deps tshark
	@$(TESTING)/check replay
check-fuzz: deps ## Fuzz the core, readers of files and replay for long; coverage; planted bugs (FUZZ_SECONDS=300)
	@$(VM)/deps $(FUZZ_DEPS)
	@$(TESTING)/fuzz/run --long
check-docs: ## Do the documents show what the tool prints?
check-lab: ## Test the VM runner
check-fidelity: deps ## Chaos, compared with the kernel's sockets: FIDELITY_TRANSITIONS=1000000, SEED=1, KERNEL=...
	@$(VM)/deps flex bison bc
	@$(TESTING)/fidelity/run
check-vm: ## Test the module on both kernels (TESTS='PATTERN...' KERNEL=... for some of it)
check-dkms: ## Does dkms build the module?
check-debug: deps ## Self-tests on kernels with KASAN, KCSAN, lockdep, kmemleak ...; do they see seeded bugs?
	@$(VM)/deps flex bison bc libelf-dev
	@$(TESTING)/check debug
check-matrix: ## Build for all kernels of Debian, self-tests on those that boot here
check-cross: ## The core's tests on an emulated big-endian (s390x) and a 32-bit machine

bench: deps ## Report what tcptrace costs, beside nf_conntrack (QUICK=1, PARTS, BOOTS)
	@$(TESTING)/bench/bench

bench-replay: deps ## Report how fast captures are replayed, beside tshark and tcptrace(1) (MEGABYTES=1024)
	@$(TESTING)/bench/replay

sparse: deps ## Run sparse on the module, for both kernels
	@$(TESTING)/check-build sparse C=2 CF=-D__CHECK_ENDIAN__

style: deps ## Run checkpatch, kernel-doc and shellcheck
	@$(TESTING)/check-style

lint: deps ## Run all static analysis: W=1, sparse, style, gcc -fanalyzer, clang, cppcheck, coccicheck, pyflakes
	@$(VM)/deps clang cppcheck coccinelle pyflakes3
	@$(TESTING)/check lint

clean: ## Remove everything that was built
	$(if $(wildcard $(KDIR)/Makefile),$(MAKE) -C $(KDIR) M=$(CURDIR) clean)
	$(MAKE) -C tools/tcptracectl clean
	$(MAKE) -C $(TESTING)/unit clean
	$(MAKE) -C $(TESTING)/model clean
	rm -rf .build

help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9A-Z_-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: all module tools install modules_install uninstall dkms dkms-source deps vm demo docs check bench sparse \
	style lint clean help
