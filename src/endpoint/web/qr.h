/*
 * qr: QR codes as images for pages (through libqrencode, whose only home is qr.c).
 */
#ifndef ENDPOINT_WEB_QR_H
#define ENDPOINT_WEB_QR_H

#include "../call.h"

/* The text as an SVG image in the reply, kept by nobody. False, with nothing in the reply, when it is too long. */
bool reply_qr(struct call *call, struct str text);

#endif
