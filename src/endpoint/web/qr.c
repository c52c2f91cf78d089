/*
 * QR codes as SVG: one path of unit squares, black on white whatever the page's colours are, with the quiet zone of
 * ISO/IEC 18004.
 */
#include "qr.h"

#include <qrencode.h>

#define QUIET     4
#define TEXT_MOST 1800 /* bytes: what fits at error correction L, and a phone still reads from a screen */

#define PATH_MOST (1024 * 1024)

static void draw(struct buf *to, const QRcode *code) {
    for (int y = 0; y < code->width; y++) {
        for (int x = 0; x < code->width; x++) {
            if (code->data[y * code->width + x] & 1) {
                buf_printf(to, "M%d %dh1v1h-1z", x + QUIET, y + QUIET);
            }
        }
    }
}

bool qr_draw(struct arena *arena, struct str text, struct qr_drawing *ret_drawing) {
    if (text.len == 0 || text.len > TEXT_MOST) {
        return false;
    }
    QRcode *code = QRcode_encodeData((int)text.len, (const unsigned char *)text.ptr, 0,
                                     text.len > 200 ? QR_ECLEVEL_L : QR_ECLEVEL_M);
    if (!code) {
        return false;
    }
    struct buf path;
    buf_init(&path, arena, 16 * 1024, PATH_MOST);
    draw(&path, code);
    *ret_drawing = (struct qr_drawing){.path = buf_str(&path), .size = code->width + 2 * QUIET};
    QRcode_free(code);
    return !path.failed;
}

bool reply_qr(struct call *call, struct str text) {
    struct qr_drawing drawing;
    if (!qr_draw(call->arena, text, &drawing)) {
        return false;
    }
    call->reply->content_type = STR("image/svg+xml");
    buf_printf(&call->reply->body,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\">"
               "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/><path d=\"",
               drawing.size, drawing.size, drawing.size, drawing.size);
    buf_put(&call->reply->body, drawing.path);
    buf_puts(&call->reply->body, "\"/></svg>");
    return true;
}
