// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/ttbench: who has it open writes commands and reads the last result.
 *
 * "flows TRACKER FAMILY COUNT FIRST": COUNT connections, numbered from FIRST,
 * in the writer's network namespace; TRACKER is tcptrace, conntrack,
 * conntrack_in or nothing, FAMILY 4 or 6.
 *
 * "pass KIND": one segment of that kind for each connection, in random order
 * (of the kinds between handshake and close, BATCH at least). The result:
 * "KIND SEGMENTS INVALID MEDIAN MEAN P10 P90 EMPTY TICKS NS", the first five of
 * the numbers after INVALID in thousandths of the TSC's ticks for a segment,
 * over batches of BATCH segments, without the cost of as many calls to an empty
 * hook: EMPTY. TICKS and NS: the same time, since the file was opened.
 *
 * "traffic WHAT COUNT ADDRESS CLIENT SERVER": see traffic_run(); CLIENT and
 * SERVER are file descriptors of network namespaces. The result: nanoseconds.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/nsproxy.h>
#include <linux/prandom.h>
#include <linux/proc_fs.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_conntrack.h>
#include "ttbench.h"

#define FLOWS_MAX	4194304
#define EMPTY_RUNS	63

static const char * const kind_names[] = {
	[SYN]		= "syn",
	[SYNACK]	= "synack",
	[HANDSHAKE]	= "handshake",
	[DATA]		= "data",
	[ACK]		= "ack",
	[PUSH]		= "push",
	[FIN]		= "fin",
	[FINACK]	= "finack",
	[LASTACK]	= "lastack",
};

static const char * const tracker_names[] = {
	[TCPTRACE]	= "tcptrace",
	[CONNTRACK]	= "conntrack",
	[CONNTRACK_IN]	= "conntrack_in",
	[NOTHING]	= "nothing",
};

/**
 * struct bench - one open file
 * @lock: one command at a time
 * @net: the network namespace, NULL before the first command
 * @tracker: whose hooks are called
 * @flows: the connections
 * @order: in which they are visited
 * @ticks: what each full batch took
 * @count: connections
 * @first: number of the first
 * @packets: a batch
 * @ticks_open: the TSC when the file was opened
 * @ns_open: the time at that moment
 * @result: of the last pass, for read()
 */
struct bench {
	struct mutex lock;	/* of the open file */
	struct net *net;
	enum tracker tracker;
	struct flow *flows;
	u32 *order;
	u64 *ticks;
	u32 count;
	u32 first;
	struct packets packets;
	u64 ticks_open;
	u64 ns_open;
	char result[200];
};

/* get_cycles() is 0 in user-mode Linux */
static u64 now(void)
{
	return __builtin_ia32_rdtsc();
}

/* the segments pass their hooks; returns how long that took */
static noinline u64 time_batch(const struct hooks *hooks,
			       const struct packets *p, unsigned int *refused)
{
	unsigned int i, k;
	u64 begin, end;

	local_bh_disable();
	rcu_read_lock();
	begin = now();
	for (i = 0; i < p->n; i++)
		for (k = 0; k < hooks->n; k++)
			*refused += hooks->hook[k](hooks->priv[k], p->skb[i],
						  &hooks->state[k]) != NF_ACCEPT;
	end = now();
	rcu_read_unlock();
	local_bh_enable();
	return end - begin;
}

static bool is_invalid(struct sk_buff *skb, enum seg kind)
{
	enum ip_conntrack_info info;

	if (!nf_ct_get(skb, &info))
		return true;
	return kind != SYN && info != IP_CT_ESTABLISHED &&
	       info != IP_CT_ESTABLISHED_REPLY;
}

/* what conntrack left in the segments */
static unsigned int clean_up(const struct bench *b, enum seg kind)
{
	const struct packets *p = &b->packets;
	unsigned int i, invalid = 0;

	if (b->tracker != CONNTRACK && b->tracker != CONNTRACK_IN)
		return 0;
	for (i = 0; i < p->n; i++) {
		invalid += is_invalid(p->skb[i], kind);
		nf_reset_ct(p->skb[i]);
	}
	return invalid;
}

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static u64 quantile(const u64 *sorted, u32 n, unsigned int percent)
{
	return n ? sorted[(u64)(n - 1) * percent / 100] : 0;
}

static u64 time_empty(struct hooks *hooks, const struct packets *p)
{
	u64 ticks[EMPTY_RUNS];
	unsigned int i, refused = 0;

	hooks_make_empty(hooks);
	for (i = 0; i < EMPTY_RUNS; i++)
		ticks[i] = time_batch(hooks, p, &refused);
	sort(ticks, EMPTY_RUNS, sizeof(*ticks), compare, NULL);
	return quantile(ticks, EMPTY_RUNS, 50);
}

static u64 each(u64 ticks, u64 empty)
{
	return ticks > empty ? (ticks - empty) * 1000 / BATCH : 0;
}

/* the full batches' ticks */
static void summarise(struct bench *b, enum seg kind, u32 segments,
		      unsigned int invalid, u32 batches, u64 empty)
{
	u64 sum = 0;
	u32 i;

	sort(b->ticks, batches, sizeof(*b->ticks), compare, NULL);
	for (i = 0; i < batches; i++)
		sum += b->ticks[i];
	snprintf(b->result, sizeof(b->result),
		 "%s %u %u %llu %llu %llu %llu %llu %llu %llu\n", kind_names[kind],
		 segments, invalid, each(quantile(b->ticks, batches, 50), empty),
		 batches ? each(div_u64(sum, batches), empty) : 0,
		 each(quantile(b->ticks, batches, 10), empty),
		 each(quantile(b->ticks, batches, 90), empty),
		 each(empty, 0), now() - b->ticks_open,
		 ktime_get_raw_ns() - b->ns_open);
}

static bool is_repeatable(enum seg kind)
{
	return kind == DATA || kind == ACK || kind == PUSH;
}

static int run_pass(struct bench *b, enum seg kind)
{
	u32 segments = is_repeatable(kind) ? max_t(u32, b->count, BATCH) :
					     b->count;
	unsigned int invalid = 0, batches = 0;
	struct packets *p = &b->packets;
	struct hooks hooks;
	u32 i, at;
	u64 ticks, empty = 0;
	int err = hooks_find(&hooks, b->tracker, b->net, kind, p);

	if (err)
		return err;
	packets_begin(p, kind);
	for (i = 0; i < segments; i++) {
		at = b->order[i % b->count];
		packets_write(p, kind, b->first + at, &b->flows[at]);
		if (p->n < BATCH && i + 1 < segments)
			continue;
		ticks = time_batch(&hooks, p, &invalid);
		if (p->n == BATCH)
			b->ticks[batches++] = ticks;
		invalid += clean_up(b, kind);
		if (i + 1 == segments && batches) {
			p->n = BATCH;
			empty = time_empty(&hooks, p);
		}
		p->n = 0;
		cond_resched();
		if (signal_pending(current))
			return -EINTR;
	}
	summarise(b, kind, segments, invalid, batches, empty);
	return 0;
}

static void shuffle(u32 *order, u32 n)
{
	struct rnd_state random;
	u32 i, k;

	prandom_seed_state(&random, 1);		/* the same in each run */
	for (i = 0; i < n; i++) {
		k = prandom_u32_state(&random) % (i + 1);
		order[i] = order[k];
		order[k] = i;
	}
}

static int begin(struct bench *b, enum tracker who, int family, u32 count,
		 u32 first)
{
	int err;

	if (b->net)
		return -EBUSY;
	if (!count || count > FLOWS_MAX || first > FLOWS_MAX)
		return -EINVAL;
	if (family != 4 && family != 6)
		return -EAFNOSUPPORT;
	b->flows = vzalloc(array_size(count, sizeof(*b->flows)));
	b->order = vmalloc(array_size(count, sizeof(*b->order)));
	b->ticks = vmalloc(array_size(count / BATCH + 1, sizeof(*b->ticks)));
	if (!b->flows || !b->order || !b->ticks)
		return -ENOMEM;
	shuffle(b->order, count);
	err = packets_init(&b->packets, current->nsproxy->net_ns,
			   family == 4 ? AF_INET : AF_INET6);
	if (err)
		return err;
	if (who == CONNTRACK || who == CONNTRACK_IN) {
		err = nf_ct_netns_get(current->nsproxy->net_ns, NFPROTO_INET);
		if (err)
			return err;
	}
	b->net = get_net(current->nsproxy->net_ns);
	b->tracker = who;
	b->count = count;
	b->first = first;
	return 0;
}

static int run_traffic(struct bench *b, const char *what, u32 count,
		       const char *address, int client, int server)
{
	struct net *nets[2];
	int err = -EBADF;
	u64 ns;

	nets[0] = get_net_ns_by_fd(client);
	nets[1] = get_net_ns_by_fd(server);
	if (!IS_ERR(nets[0]) && !IS_ERR(nets[1]))
		err = traffic_run(what, count, address, nets[0], nets[1], &ns);
	if (!IS_ERR(nets[0]))
		put_net(nets[0]);
	if (!IS_ERR(nets[1]))
		put_net(nets[1]);
	if (!err)
		snprintf(b->result, sizeof(b->result), "%llu\n", ns);
	return err;
}

static int command(struct bench *b, char *text)
{
	char word[16], address[16];
	int family, which, client, server;
	u32 count, first;

	if (sscanf(text, "flows %15s %d %u %u", word, &family, &count,
		   &first) == 4) {
		which = match_string(tracker_names, TRACKERS, word);
		return which < 0 ? which :
		       begin(b, which, family, count, first);
	}
	if (sscanf(text, "pass %15s", word) == 1) {
		which = match_string(kind_names, KINDS, word);
		if (which < 0)
			return which;
		return b->net ? run_pass(b, which) : -ENODATA;
	}
	if (sscanf(text, "traffic %15s %u %15s %d %d", word, &count, address,
		   &client, &server) == 5)
		return run_traffic(b, word, count, address, client, server);
	return -EINVAL;
}

static ssize_t bench_write(struct file *file, const char __user *buf,
			   size_t size, loff_t *pos)
{
	struct bench *b = file->private_data;
	char text[80];
	int err;

	if (size >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buf, size))
		return -EFAULT;
	text[size] = '\0';
	mutex_lock(&b->lock);
	err = command(b, text);
	mutex_unlock(&b->lock);
	return err ? err : size;
}

static ssize_t bench_read(struct file *file, char __user *buf, size_t size,
			  loff_t *pos)
{
	struct bench *b = file->private_data;
	loff_t from = 0;
	ssize_t n;

	mutex_lock(&b->lock);
	n = simple_read_from_buffer(buf, size, &from, b->result,
				    strlen(b->result));
	mutex_unlock(&b->lock);
	return n;
}

static int bench_open(struct inode *inode, struct file *file)
{
	struct bench *b = kzalloc(sizeof(*b), GFP_KERNEL);

	if (!b)
		return -ENOMEM;
	mutex_init(&b->lock);
	b->ticks_open = now();
	b->ns_open = ktime_get_raw_ns();
	file->private_data = b;
	return 0;
}

static int bench_release(struct inode *inode, struct file *file)
{
	struct bench *b = file->private_data;

	packets_exit(&b->packets);
	if (b->net && (b->tracker == CONNTRACK || b->tracker == CONNTRACK_IN))
		nf_ct_netns_put(b->net, NFPROTO_INET);
	if (b->net)
		put_net(b->net);
	vfree(b->flows);
	vfree(b->order);
	vfree(b->ticks);
	kfree(b);
	return 0;
}

static const struct proc_ops bench_ops = {
	.proc_open	= bench_open,
	.proc_release	= bench_release,
	.proc_write	= bench_write,
	.proc_read	= bench_read,
};

static int __init bench_init(void)
{
	return proc_create("ttbench", 0600, NULL, &bench_ops) ? 0 : -ENOMEM;
}

static void __exit bench_exit(void)
{
	remove_proc_entry("ttbench", NULL);
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_DESCRIPTION("Times the hooks of connection trackers");
MODULE_LICENSE("GPL");
