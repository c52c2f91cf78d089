/*
 * qr: a QR code in the terminal, by the program qrencode where it is installed. A library for one picture in the life
 * of an administrator would be one more thing to keep up to date.
 */
#ifndef COMMAND_SHELL_QR_H
#define COMMAND_SHELL_QR_H

#include "base/str.h"

/* False when there is no such program, or it failed. The text goes through a pipe: arguments can be read by everybody.
 */
bool qr_print(struct str text);

#endif
