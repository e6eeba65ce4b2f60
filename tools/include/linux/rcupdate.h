/* SPDX-License-Identifier: GPL-2.0 */
/* What is read by others while it changes; here nobody else does. */
#ifndef _TOOLS_LINUX_RCUPDATE_H
#define _TOOLS_LINUX_RCUPDATE_H

#define __rcu

#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile __typeof__(x) *)&(x) = (value))
/* for who reads them meanwhile */
#define smp_store_release(p, value) __atomic_store_n(p, value, __ATOMIC_RELEASE)

#define rcu_dereference(p) READ_ONCE(p)
#define rcu_dereference_protected(p, condition) (p)
#define rcu_access_pointer(p) READ_ONCE(p)
#define rcu_assign_pointer(p, value) __atomic_store_n(&(p), value, __ATOMIC_RELEASE)
#define RCU_INIT_POINTER(p, value) WRITE_ONCE(p, value)

#endif
