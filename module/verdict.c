// SPDX-License-Identifier: GPL-2.0
#include "verdict.h"

static const struct {
	const char *name;
	const char *rfc;
	enum tt_class class;
} verdicts[] = {
#define TT_VERDICT_ROW(NAME, name_, class_, rfc_) \
	[TT_V_##NAME] = { #name_, rfc_, TT_##class_ },
	TT_VERDICTS(TT_VERDICT_ROW)
#undef TT_VERDICT_ROW
};

/**
 * tt_verdict_name - a verdict as the ABI spells it
 * @v: the verdict; any value may be given
 *
 * Return: the name, "-" for TT_VERDICTS_MAX and beyond.
 */
const char *tt_verdict_name(enum tt_verdict v)
{
	return (unsigned int)v < TT_VERDICTS_MAX ? verdicts[v].name : "-";
}

/**
 * tt_verdict_rfc - the RFC and section that a verdict rests on
 * @v: the verdict; any value may be given
 *
 * Return: for example "9293 3.10.7.4", "-" for TT_VERDICTS_MAX and beyond.
 */
const char *tt_verdict_rfc(enum tt_verdict v)
{
	return (unsigned int)v < TT_VERDICTS_MAX ? verdicts[v].rfc : "-";
}

/**
 * tt_verdict_class - how a verdict is to be read
 * @v: the verdict; any value may be given
 *
 * Return: its class, TT_FINE for TT_VERDICTS_MAX and beyond.
 */
enum tt_class tt_verdict_class(enum tt_verdict v)
{
	return (unsigned int)v < TT_VERDICTS_MAX ? verdicts[v].class : TT_FINE;
}
