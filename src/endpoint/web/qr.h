/*
 * qr: QR codes as images for pages (through libqrencode, whose only home is qr.c).
 */
#ifndef ENDPOINT_WEB_QR_H
#define ENDPOINT_WEB_QR_H

#include "../call.h"

/* What an SVG path draws, in a square of `size` units with the quiet zone in it: for a picture within a page, which
 * nobody else can then ask for. False when the text is too long. */
struct qr_drawing {
    struct str path;
    int size;
};
bool qr_draw(struct arena *arena, struct str text, struct qr_drawing *ret_drawing);

/* The text as an SVG image in the reply, kept by nobody. False, with nothing in the reply, when it is too long. */
bool reply_qr(struct call *call, struct str text);

#endif
