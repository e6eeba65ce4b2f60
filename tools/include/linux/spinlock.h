/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _TOOLS_LINUX_SPINLOCK_H
#define _TOOLS_LINUX_SPINLOCK_H

#define spinlock_t int

#endif
