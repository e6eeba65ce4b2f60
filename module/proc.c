// SPDX-License-Identifier: GPL-2.0
#include <linux/capability.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "format.h"
#include "net.h"
#include "proc.h"

#define PROC_DIR	"tcptrace"
#define PROC_LINK	"tcptrace"

/* sequence numbers are secrets: who may capture packets may read them */
static int may_open(struct tt_net *tn, struct file *file)
{
	return file_ns_capable(file, tn->net->user_ns, CAP_NET_ADMIN) ?
		0 : -EPERM;
}

/* ---- transitions ---- */

/**
 * struct reader - one open file transitions
 * @lock: one read() at a time; poll() looks at what follows without it
 * @tn: the namespace
 * @seqno: the event to be read next
 * @end: the event before which read() returns 0, so that who reads up to there
 *	comes to an end however fast the log grows; 0: to be chosen
 * @pos: how much of @text has been read
 * @len: length of @text
 * @text: lines that are formatted, but not wholly read yet: some at once, for
 *	copying them costs as much as formatting them
 */
struct reader {
	struct mutex lock;	/* of the reader */
	struct tt_net *tn;
	u64 seqno;
	u64 end;
	unsigned int pos;
	unsigned int len;
	char text[8 * TT_LINE_MAX];
};

static int transitions_open(struct inode *inode, struct file *file)
{
	struct tt_net *tn = pde_data(inode);
	struct reader *reader;
	int err = may_open(tn, file);

	if (err)
		return err;
	reader = kzalloc(sizeof(*reader), GFP_KERNEL_ACCOUNT);
	if (!reader)
		return -ENOMEM;
	mutex_init(&reader->lock);
	reader->tn = tn;
	reader->seqno = 1;
	reader->len = tt_format_transitions_header(reader->text,
						   sizeof(reader->text));
	file->private_data = reader;
	return nonseekable_open(inode, file);
}

static int transitions_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

/* one more line, for which there is room; false: none before that event */
static bool add_line(struct reader *reader, u64 end)
{
	char *line = reader->text + reader->len;
	u64 seqno = reader->seqno, lost;
	unsigned int len = 0;
	struct tt_event ev;
	bool there;

	if (seqno >= end)
		return false;
	there = tt_log_get(&reader->tn->log, &seqno, &lost, &ev);
	if (lost)
		len = tt_format_lost(line, TT_LINE_MAX, lost, seqno);
	else if (there)
		len = tt_format_event(line, TT_LINE_MAX, &ev);
	WRITE_ONCE(reader->len, reader->len + len);
	WRITE_ONCE(reader->seqno, seqno + (there && !lost));
	return len;
}

/* the next lines; false: there is none before that event */
static bool next_lines(struct reader *reader, u64 end)
{
	WRITE_ONCE(reader->pos, 0);
	WRITE_ONCE(reader->len, 0);
	while (sizeof(reader->text) - reader->len >= TT_LINE_MAX)
		if (!add_line(reader, end))
			break;
	return reader->len;
}

static ssize_t read_lines(struct reader *reader, char __user *buf, size_t size)
{
	u64 end = READ_ONCE(reader->end) ?: tt_log_next(&reader->tn->log);
	size_t done = 0;

	while (done < size) {
		size_t n = min_t(size_t, reader->len - reader->pos,
				 size - done);

		if (!n) {
			if (signal_pending(current) || !next_lines(reader, end))
				break;
			continue;
		}
		if (copy_to_user(buf + done, reader->text + reader->pos, n))
			return done ? done : -EFAULT;
		WRITE_ONCE(reader->pos, reader->pos + n);
		done += n;
		cond_resched();
	}
	if (!done && size && signal_pending(current))
		return -ERESTARTSYS;	/* a stop, or SA_RESTART, is no error */
	if (!done || reader->seqno == 1)	/* chosen with the first event */
		end = 0;
	WRITE_ONCE(reader->end, end);
	return done;
}

static ssize_t transitions_read(struct file *file, char __user *buf,
				size_t size, loff_t *ppos)
{
	struct reader *reader = file->private_data;
	ssize_t n;

	if (mutex_lock_interruptible(&reader->lock))
		return -ERESTARTSYS;
	n = read_lines(reader, buf, size);
	mutex_unlock(&reader->lock);
	return n;
}

static __poll_t transitions_poll(struct file *file, poll_table *wait)
{
	struct reader *reader = file->private_data;
	struct tt_log *log = &reader->tn->log;

	/*
	 * When the file is removed procfs reports it readable, so who waits to
	 * read leaves the queue when woken. Who asks for less would stay
	 * asleep in it, and tt_log_close() would wait for ever.
	 */
	if (poll_requested_events(wait) & (EPOLLIN | EPOLLRDNORM))
		poll_wait(file, &log->wait, wait);
	/* after that; tt_log_next() takes the lock that tt_log_end() holds */
	if (READ_ONCE(reader->pos) < READ_ONCE(reader->len) ||
	    READ_ONCE(reader->seqno) < tt_log_next(log)) {
		WRITE_ONCE(reader->end, 0);	/* the next read() has some */
		return EPOLLIN | EPOLLRDNORM;
	}
	return 0;
}

static const struct proc_ops transitions_ops = {
	.proc_open	= transitions_open,
	.proc_read	= transitions_read,
	.proc_poll	= transitions_poll,
	.proc_release	= transitions_release,
};

/* ---- connections, segments: a bucket is an element of the sequence ---- */

static void *connections_at(struct tt_net *tn, loff_t pos)
{
	if (!pos)
		return SEQ_START_TOKEN;
	return pos - 1 <= tn->table.mask ? &tn->table.buckets[pos - 1] : NULL;
}

static void *connections_start(struct seq_file *m, loff_t *pos)
{
	return connections_at(m->private, *pos);
}

static void *connections_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct tt_net *tn = m->private;

	do {	/* past empty buckets, millions perhaps */
		cond_resched();
		++*pos;
		v = connections_at(tn, *pos);
	} while (v && !READ_ONCE(((struct tt_bucket *)v)->tags));
	return v;
}

static void connections_stop(struct seq_file *m, void *v)
{
}

static int connections_show(struct seq_file *m, void *v)
{
	u64 now = tt_now_ms();
	struct tt_link *link;
	char line[TT_LINE_MAX];
	unsigned int slot;

	if (v == SEQ_START_TOKEN) {
		tt_format_connections_header(line, sizeof(line));
		seq_puts(m, line);
		return 0;
	}
	rcu_read_lock();
	tt_for_each_link(link, slot, (struct tt_bucket *)v) {
		struct tt_node *node = tt_node_of(link);
		bool valid;

		spin_lock_bh(&node->link.lock);
		valid = !tt_node_is_dead(node) && node->conn.id;
		if (valid)
			tt_format_connection(line, sizeof(line), &node->conn,
					     now);
		spin_unlock_bh(&node->link.lock);
		if (valid)
			seq_puts(m, line);
		if (seq_has_overflowed(m))	/* all of it again, with more room */
			break;
	}
	rcu_read_unlock();
	return 0;
}

/* the records of one bucket's connections; @records: room for one's */
static void show_records(struct seq_file *m, struct tt_bucket *bucket,
			 struct tt_record *records)
{
	struct tt_link *link;
	char line[TT_LINE_MAX];
	unsigned int slot, i, n;
	u64 number;

	rcu_read_lock();
	tt_for_each_link(link, slot, bucket) {
		struct tt_node *node = tt_node_of(link);

		if (!tt_node_recorder(node))
			continue;
		spin_lock_bh(&node->link.lock);
		n = tt_recorder_copy(tt_node_recorder(node), records,
				     &number);
		spin_unlock_bh(&node->link.lock);
		for (i = 0; i < n; i++, number++) {
			if (records[i].has & TT_RECORD_FIRST)
				number = 1;
			tt_format_record(line, sizeof(line), &node->conn.tuple,
					 number, &records[i]);
			seq_puts(m, line);
		}
		if (seq_has_overflowed(m))
			break;
	}
	rcu_read_unlock();
}

static int segments_show(struct seq_file *m, void *v)
{
	struct tt_record *records;
	char line[TT_LINE_MAX];

	if (v == SEQ_START_TOKEN) {
		tt_format_segments_header(line, sizeof(line));
		seq_puts(m, line);
		return 0;
	}
	if (!tt_flight_recorder)
		return 0;
	records = kvmalloc_array(tt_flight_recorder, sizeof(*records),
				 GFP_KERNEL_ACCOUNT);
	if (!records)
		return -ENOMEM;
	show_records(m, v, records);
	kvfree(records);
	return 0;
}

static const struct seq_operations connections_seq = {
	.start	= connections_start,
	.next	= connections_next,
	.stop	= connections_stop,
	.show	= connections_show,
};

static const struct seq_operations segments_seq = {
	.start	= connections_start,
	.next	= connections_next,
	.stop	= connections_stop,
	.show	= segments_show,
};

static int open_table(struct inode *inode, struct file *file,
		      const struct seq_operations *ops)
{
	struct tt_net *tn = pde_data(inode);
	int err = may_open(tn, file);

	if (!err)
		err = seq_open(file, ops);
	if (!err)
		((struct seq_file *)file->private_data)->private = tn;
	return err;
}

static int connections_open(struct inode *inode, struct file *file)
{
	return open_table(inode, file, &connections_seq);
}

static int segments_open(struct inode *inode, struct file *file)
{
	return open_table(inode, file, &segments_seq);
}

static const struct proc_ops connections_ops = {
	.proc_open	= connections_open,
	.proc_read	= seq_read,
	.proc_lseek	= seq_lseek,
	.proc_release	= seq_release,
};

static const struct proc_ops segments_ops = {
	.proc_open	= segments_open,
	.proc_read	= seq_read,
	.proc_lseek	= seq_lseek,
	.proc_release	= seq_release,
};

/* ---- stat ---- */

static u64 sum_counter(const struct tt_net *tn, unsigned int i)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(tn->stats, cpu)->counters[i]);
	return sum;
}

static u64 sum_verdict(const struct tt_net *tn, unsigned int i)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(tn->stats, cpu)->verdicts[i]);
	return sum;
}

static int stat_show(struct seq_file *m, void *v)
{
	static const char * const names[] = {
#define COUNTER_NAME(name) #name,
		TT_COUNTERS(COUNTER_NAME)
#undef COUNTER_NAME
	};
	struct tt_net *tn = m->private;
	u64 events = tt_log_next(&tn->log) - 1;
	u64 lost = tt_log_oldest(&tn->log) - 1;
	unsigned int i;

	seq_printf(m, "# tcptrace %d name value\n", TT_ABI_VERSION);
	seq_printf(m, "connections %d\n", atomic_read(&tn->table.linked));
	seq_printf(m, "connections_max %u\n",
		   READ_ONCE(tn->settings.max_connections));
	for (i = 0; i < TT_COUNTERS_MAX; i++) {
		if (i == TT_COUNT_events_suppressed)
			seq_printf(m, "events %llu\nevents_lost %llu\n",
				   events, lost);
		seq_printf(m, "%s %llu\n", names[i], sum_counter(tn, i));
	}
	for (i = 0; i < TT_VERDICTS_MAX; i++)
		seq_printf(m, "verdict_%s %llu\n", tt_verdict_name(i),
			   sum_verdict(tn, i));
	return 0;
}

static int stat_open(struct inode *inode, struct file *file)
{
	struct tt_net *tn = pde_data(inode);
	int err = may_open(tn, file);

	return err ? err : single_open(file, stat_show, tn);
}

static const struct proc_ops stat_ops = {
	.proc_open	= stat_open,
	.proc_read	= seq_read,
	.proc_lseek	= seq_lseek,
	.proc_release	= single_release,
};

/* ---- the directory ---- */

/*
 * A user namespace that is made together with the network namespace has no
 * root yet: there the mode keeps nobody out, and may_open() alone decides.
 */
static bool create_file(struct tt_net *tn, const char *name,
			const struct proc_ops *ops)
{
	kuid_t uid = make_kuid(tn->net->user_ns, 0);
	kgid_t gid = make_kgid(tn->net->user_ns, 0);
	bool known = uid_valid(uid) && gid_valid(gid);
	struct proc_dir_entry *file = proc_create_data(name,
						       known ? 0440 : 0444,
						       tn->proc, ops, tn);

	if (file && known)
		proc_set_user(file, uid, gid);
	return file;
}

/**
 * tt_proc_init - the files of one network namespace
 * @tn: the namespace; all else of it is ready
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int tt_proc_init(struct tt_net *tn)
{
	tn->proc = proc_net_mkdir(tn->net, PROC_DIR, tn->net->proc_net);
	if (!tn->proc)
		return -ENOMEM;
	if (create_file(tn, "transitions", &transitions_ops) &&
	    create_file(tn, "connections", &connections_ops) &&
	    create_file(tn, "segments", &segments_ops) &&
	    create_file(tn, "stat", &stat_ops))
		return 0;
	tt_proc_exit(tn);
	return -ENOMEM;
}

/**
 * tt_proc_exit - remove them
 * @tn: the namespace
 *
 * Files that are still open read as an error from now on; calls under way
 * have returned when this does.
 *
 * Context: may sleep.
 */
void tt_proc_exit(struct tt_net *tn)
{
	remove_proc_subtree(PROC_DIR, tn->net->proc_net);
}

/**
 * tt_proc_link_create - /proc/tcptrace: the reader's own namespace
 *
 * Return: 0 or -ENOMEM.
 */
int tt_proc_link_create(void)
{
	return proc_symlink(PROC_LINK, NULL, "self/net/tcptrace/transitions") ?
		0 : -ENOMEM;
}

/**
 * tt_proc_link_remove - no more /proc/tcptrace
 */
void tt_proc_link_remove(void)
{
	remove_proc_entry(PROC_LINK, NULL);
}
