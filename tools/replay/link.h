/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a captured frame to its IP packet.
 */
#ifndef REPLAY_LINK_H
#define REPLAY_LINK_H

#include "bytes.h"

bool link_is_known(int link);
bool link_skip(struct bytes *b, int link);

#endif
