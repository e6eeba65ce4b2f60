// SPDX-License-Identifier: GPL-2.0
/*
 * The terminal while top has it, and how it gets it back: as it was, whether
 * the program ends by a key, a signal or an error.
 */
#include <curses.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wchar.h>
#include "ctl.h"
#include "screen.h"

/* messages are kept back until they can be seen */
static int messages = -1, standard_error = -1;
static pid_t owner;
static SCREEN *screen;
static volatile sig_atomic_t stop;
static bool gone;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static void show_messages(void)
{
	char text[1024];
	ssize_t n;

	dup2(standard_error, STDERR_FILENO);
	lseek(messages, 0, SEEK_SET);
	while ((n = read(messages, text, sizeof(text))) > 0)
		if (write(STDERR_FILENO, text, n) < 0)
			break;
	close(messages);
	close(standard_error);
}

/**
 * screen_end - give the terminal back
 *
 * Does nothing where screen_begin() was not called, or it was given back, or
 * in a child.
 */
void screen_end(void)
{
	if (!screen || getpid() != owner)
		return;
	endwin();
	delscreen(screen);
	screen = NULL;
	show_messages();
}

/**
 * screen_begin - take the terminal
 *
 * Ends the program where there is none, or of an unknown kind.
 */
void screen_begin(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction on = { .sa_handler = on_signal };
	unsigned int i;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		errx(EXIT_USAGE, "top needs a terminal: --batch prints");
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &on, NULL);
	owner = getpid();
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		errx(EXIT_USAGE, "terminal of unknown kind: TERM=%s (--batch prints)",
		     getenv("TERM") ? getenv("TERM") : "");
	messages = memfd_create("messages", MFD_CLOEXEC);
	standard_error = dup(STDERR_FILENO);
	if (messages >= 0 && standard_error >= 0)
		dup2(messages, STDERR_FILENO);
	atexit(screen_end);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, true);
	set_escdelay(50);
	curs_set(0);
}

/**
 * screen_gone - is there no terminal any more?
 *
 * Return: true after KEY_STOP, if it was not a signal.
 */
bool screen_gone(void)
{
	return gone;
}

/**
 * screen_key - what is typed next
 * @milliseconds: how long to wait
 *
 * Return: a character, KEY_* of curses (KEY_RESIZE: the size has changed),
 * KEY_NONE or KEY_STOP.
 */
int screen_key(int milliseconds)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	int key;

	timeout(0);
	key = stop ? ERR : getch();
	if (key == ERR && !stop) {
		if (poll(&fd, 1, milliseconds) < 0 && errno != EINTR)
			err(EXIT_INPUT, "poll");
		if (fd.revents & (POLLHUP | POLLERR | POLLNVAL)) {
			gone = true;
			return KEY_STOP;
		}
		key = stop ? ERR : getch();
	}
	if (stop)
		return KEY_STOP;
	return key == ERR ? KEY_NONE : key;
}

/**
 * screen_put - text on the screen, cut where its room ends
 * @y: line
 * @x: column
 * @width: how many columns it may take
 * @text: the text, in the locale's encoding
 *
 * Return: how many columns it took.
 */
int screen_put(int y, int x, int width, const char *text)
{
	mbstate_t state = { };
	int used = 0, columns;
	wchar_t wide[2] = { };
	size_t n;

	move(y, x);
	while (*text) {
		n = mbrtowc(&wide[0], text, MB_CUR_MAX, &state);
		if (n == (size_t)-1 || n == (size_t)-2) {
			wide[0] = '?';
			n = 1;
			memset(&state, 0, sizeof(state));
		}
		columns = wcwidth(wide[0]);
		if (columns < 0) {	/* of what others wrote */
			wide[0] = '?';
			columns = 1;
		}
		if (used + columns > width)
			break;
		addnwstr(wide, 1);
		used += columns;
		text += n;
	}
	return used;
}
