/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's basic types for the core in userspace. This directory is all
 * that the core sees of a kernel there.
 */
#ifndef _TOOLS_LINUX_TYPES_H
#define _TOOLS_LINUX_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define __force
#define __uninitialized

#ifndef noinline
#define noinline
#endif
#ifndef __always_inline
#define __always_inline inline
#endif

typedef uint8_t __u8;
typedef int8_t __s8;
typedef uint16_t __u16;
typedef int16_t __s16;
typedef uint32_t __u32;
typedef int32_t __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;

#endif
