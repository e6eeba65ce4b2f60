// SPDX-License-Identifier: GPL-2.0
/*
 * lines: a plugin for QEMU's TCG that counts the cache lines which the guest's
 * kernel touches between two marks that ttbench leaves in its code.
 *
 * -plugin lines.so,out=FILE: a line of FILE for each pass of ttbench, the
 * number of distinct lines of 64 bytes that were read or written.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "qemu.h"

#define TABLE	1048576	/* lines; ttbench's passes touch some thousands */
#define KERNEL	0xffff800000000000ULL

int qemu_plugin_version = 1;

/* as in ttbench: nopl with one of these as its displacement */
enum mark {
	MARK_ARM = 0x74740000,
	MARK_BEGIN,
	MARK_END,
	MARK_RESET,
	MARK_REPORT
};

static __u64 lines[TABLE];	/* line number + 1; 0: free */
static unsigned int count;
static bool armed, counting;
static __u64 plugin;
static FILE *out;

static void touch(__u64 line)
{
	__u64 i = line * 0x9e3779b97f4a7c15ULL >> 44;

	while (lines[i] && lines[i] != line + 1)
		i = (i + 1) % TABLE;
	if (lines[i] || count > TABLE / 2)
		return;
	lines[i] = line + 1;
	count++;
}

static void on_access(unsigned int cpu, __u32 info, __u64 at, void *data)
{
	unsigned int size = 1 << (info & 15);

	(void)cpu;
	(void)data;
	if (!counting)
		return;
	touch(at / 64);
	touch((at + size - 1) / 64);
}

static void on_translate(__u64 id, struct qemu_plugin_tb *tb);

/* everything is translated anew, with on_access() */
static void on_reset(__u64 id)
{
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
}

static void on_mark(unsigned int cpu, void *data)
{
	(void)cpu;
	switch ((enum mark)(uintptr_t)data) {
	case MARK_ARM:
		if (!armed)
			qemu_plugin_reset(plugin, on_reset);
		armed = true;
		break;
	case MARK_BEGIN:
		counting = true;
		break;
	case MARK_END:
		counting = false;
		break;
	case MARK_RESET:
		memset(lines, 0, sizeof(lines));
		count = 0;
		break;
	case MARK_REPORT:
		fprintf(out, "%u\n", count);
		fflush(out);
		break;
	}
}

/* 0: not a mark */
static __u32 mark_of(const struct qemu_plugin_insn *insn)
{
	const __u8 *code = qemu_plugin_insn_data(insn);
	__u32 mark;

	if (qemu_plugin_insn_size(insn) != 7 || code[0] != 0x0f ||
	    code[1] != 0x1f || code[2] != 0x80)
		return 0;
	memcpy(&mark, code + 3, sizeof(mark));
	return mark >= MARK_ARM && mark <= MARK_REPORT ? mark : 0;
}

static void on_translate(__u64 id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);
	struct qemu_plugin_insn *insn;
	uintptr_t mark;

	(void)id;
	for (i = 0; i < n; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		if (qemu_plugin_insn_vaddr(insn) < KERNEL)
			continue;
		mark = mark_of(insn);
		if (mark)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark,
							       NO_REGISTERS,
							       (void *)mark);
		else if (armed)
			qemu_plugin_register_vcpu_mem_cb(insn, on_access,
							 NO_REGISTERS,
							 READ_WRITE, NULL);
	}
}

int qemu_plugin_install(__u64 id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return 1;
	out = fopen(argv[0] + 4, "w");
	if (!out)
		return 1;
	plugin = id;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	return 0;
}
