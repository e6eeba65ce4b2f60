// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "ctl.h"
#include "when.h"

#define NS	1000000000LL

/**
 * when_now - the time
 *
 * Return: nanoseconds since the epoch.
 */
long long when_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * NS + t.tv_nsec;
}

/**
 * when_ns - seconds with decimals
 * @seconds: the text, as the ABI writes it
 *
 * Return: nanoseconds.
 */
long long when_ns(const char *seconds)
{
	const char *dot = strchr(seconds, '.');
	long long ns = 0, unit = NS / 10;

	for (dot = dot ? dot + 1 : ""; *dot >= '0' && *dot <= '9'; dot++) {
		ns += (*dot - '0') * unit;
		unit /= 10;
	}
	return atoll(seconds) * NS + ns;
}

/* 90s, 5m, 1.5h, 2d, 200ms */
static bool parse_duration(const char *text, long long *ns)
{
	static const struct {
		const char *unit;
		double seconds;
	} units[] = {
		{ "ms", 0.001 }, { "s", 1 }, { "m", 60 }, { "h", 3600 },
		{ "d", 86400 },
	};
	double n, seconds;
	unsigned int i;
	char *end;

	if (text[strspn(text, "0123456789.")] == '\0' ||
	    !strchr("0123456789.", text[0]))
		return false;
	n = strtod(text, &end);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(end, units[i].unit)) {
			seconds = n * units[i].seconds;
			*ns = seconds * NS;
			return seconds < 1000000000;
		}
	return false;
}

/* today, unless it says which day */
static bool parse_time(const char *text, long long *ns)
{
	static const char * const formats[] = {
		"%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M",
		"%Y-%m-%dT%H:%M", "%Y-%m-%d", "%H:%M:%S", "%H:%M",
	};
	time_t today = when_now() / NS;
	const char *end;
	unsigned int i;
	struct tm tm;

	if (text[0] == '@' && text[1] &&
	    !text[1 + strspn(text + 1, "0123456789.")]) {
		*ns = when_ns(text + 1);
		return true;
	}
	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		localtime_r(&today, &tm);
		tm.tm_hour = 0;
		tm.tm_min = 0;
		tm.tm_sec = 0;
		tm.tm_isdst = -1;
		end = strptime(text, formats[i], &tm);
		if (!end || *end)
			continue;
		*ns = mktime(&tm) * NS;
		return true;
	}
	return false;
}

/**
 * when_parse - since when?
 * @text: a duration back from now (90s, 5m, 2h, 1d), a time of the day, a date
 *	and a time, or @SECONDS since the epoch
 * @from_file: of what a file holds: then a duration means nothing
 *
 * Ends the program if it is neither.
 *
 * Return: nanoseconds since the epoch.
 */
long long when_parse(const char *text, bool from_file)
{
	long long ns;

	if (parse_time(text, &ns))
		return ns;
	if (!parse_duration(text, &ns))
		errx(EXIT_USAGE, "neither a duration (5m) nor a time (12:30, 2026-01-31 12:30, @SECONDS): %s",
		     text);
	if (from_file)
		errx(EXIT_USAGE, "--since %s counts back from now: of a file give a time",
		     text);
	return when_now() - ns;
}

/**
 * uid_parse - which user?
 * @text: a number or a name
 *
 * Ends the program if there is no such user.
 *
 * Return: the user's number.
 */
uid_t uid_parse(const char *text)
{
	const struct passwd *user;

	if (filter_is_number(text))
		return strtoul(text, NULL, 10);
	user = getpwnam(text);
	if (!user)
		errx(EXIT_USAGE, "no user: %s", text);
	return user->pw_uid;
}
