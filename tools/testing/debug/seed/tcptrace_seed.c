// SPDX-License-Identifier: GPL-2.0
/*
 * One bug of each class that the debug kernel is there to find, to show that it does.
 * Never load it elsewhere.
 */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

static char *bug = "none";
module_param(bug, charp, 0444);
MODULE_PARM_DESC(bug, "which");

static void none(void)
{
}

static void use_after_free(void)
{
	u8 *p = kmalloc(64, GFP_KERNEL);

	kfree(p);
	READ_ONCE(p[8]);
}

static void out_of_bounds(void)
{
	u8 *p = kmalloc(64, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(p);
	WRITE_ONCE(p[64], 1);
	kfree(p);
}

static DEFINE_SPINLOCK(first);
static DEFINE_SPINLOCK(second);

/* both orders, one after the other: nothing hangs yet */
static void lock_inversion(void)
{
	spin_lock_bh(&first);
	spin_lock(&second);
	spin_unlock(&second);
	spin_unlock_bh(&first);
	spin_lock_bh(&second);
	spin_lock(&first);
	spin_unlock(&first);
	spin_unlock_bh(&second);
}

static void sleep_in_atomic(void)
{
	spin_lock_bh(&first);
	kfree(kmalloc(64, GFP_KERNEL));
	spin_unlock_bh(&first);
}

static void leak(void)
{
	void *p = kmalloc(64, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(p);
}

static int shared;

static void shift(void)
{
	int by = 40, one = 1;

	OPTIMIZER_HIDE_VAR(by);
	WRITE_ONCE(shared, one << by);
}

static DECLARE_COMPLETION(counted);

static int count_up(void *unused)
{
	unsigned int i;

	for (i = 0; i < 2000000; i++) {
		shared++;
		barrier();	/* the loop is not one addition */
		if (!(i % 1000))
			cond_resched();
	}
	complete(&counted);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static void race(void)
{
	struct task_struct *tasks[2];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tasks); i++)
		tasks[i] = kthread_run(count_up, NULL, "counter/%u", i);
	for (i = 0; i < ARRAY_SIZE(tasks); i++)
		if (!IS_ERR(tasks[i]))
			wait_for_completion(&counted);
	for (i = 0; i < ARRAY_SIZE(tasks); i++)
		if (!IS_ERR(tasks[i]))
			kthread_stop(tasks[i]);
}

static int __rcu *pointer;

static void rcu_misuse(void)
{
	int *p = rcu_dereference(pointer);	/* outside of rcu_read_lock() */

	OPTIMIZER_HIDE_VAR(p);
}

static void never(struct timer_list *timer)
{
}

static void free_active_timer(void)
{
	struct timer_list *timer = kmalloc(sizeof(*timer), GFP_KERNEL);

	timer_setup(timer, never, 0);
	mod_timer(timer, jiffies + 1000 * HZ);
	kfree(timer);
}

#define NAMED(name) { #name, name }

static const struct {
	const char *name;
	void (*make)(void);
} bugs[] = {
	NAMED(none),
	NAMED(use_after_free),
	NAMED(out_of_bounds),
	NAMED(lock_inversion),
	NAMED(sleep_in_atomic),
	NAMED(leak),
	NAMED(shift),
	NAMED(rcu_misuse),
	NAMED(free_active_timer),
	NAMED(race),
};

static int __init seed_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bugs); i++) {
		if (strcmp(bug, bugs[i].name))
			continue;
		bugs[i].make();
		return 0;
	}
	return -EINVAL;
}

static void __exit seed_exit(void)
{
}

module_init(seed_init);
module_exit(seed_exit);

MODULE_DESCRIPTION("Bugs for the debug kernel to find");
MODULE_LICENSE("GPL");
