/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _TCPTRACE_COMPAT_TIMER_H
#define _TCPTRACE_COMPAT_TIMER_H

#include <linux/timer.h>

#ifndef TT_HAVE_TIMER_DELETE
#define timer_delete_sync(timer) del_timer_sync(timer)
#endif

#endif
