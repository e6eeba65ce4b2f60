/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _TCPTRACE_COMPAT_SLAB_H
#define _TCPTRACE_COMPAT_SLAB_H

#include <linux/slab.h>

/* older kernels may put objects of several caches into one */
#ifndef SLAB_NO_MERGE
#define SLAB_NO_MERGE 0
#endif

#endif
