/*
 * Answers: a register may tell about people under any name, in any language. So every text and number is masked but
 * what stands under a name that is known to tell nothing of a person. JSON is read as it comes, also in texts of JSON
 * and where it breaks off; forms and XML likewise; a page is shown, since it is only an error that somebody else tells.
 */
#include "base/arena.h"
#include "base/check.h"
#include "mask_inside.h"

#define NESTED_MOST 8 /* texts of JSON in texts of JSON */
#define SPACE       " \t\r\n"

/* Without '_' and '-', in lower case. */
static const char *const harmless[] = {
    "code",
    "errcode",
    "errorcode",
    "errno",
    "error",
    "err",
    "ret",
    "retcode",
    "returncode",
    "rspcode",
    "respcode",
    "rescode",
    "resultcode",
    "subcode",
    "bizcode",
    "busicode",
    "statuscode",
    "status",
    "state",
    "result",
    "results",
    "authresult",
    "verifyresult",
    "checkresult",
    "success",
    "ok",
    "flag",
    "match",
    "matched",
    "same",
    "verdict",
    "passed",
    "message",
    "msg",
    "submsg",
    "errmsg",
    "errormsg",
    "errormessage",
    "errordescription",
    "retmsg",
    "returnmsg",
    "rspmsg",
    "respmsg",
    "resmsg",
    "resultmsg",
    "statusmsg",
    "desc",
    "resultdesc",
    "errordesc",
    "reason",
    "hint",
    "time",
    "timestamp",
    "ts",
    "datetime",
    "responsetime",
    "servertime",
    "txntime",
    "expiresin",
    "expiretime",
    "requestid",
    "reqid",
    "responseid",
    "traceid",
    "spanid",
    "logid",
    "msgid",
    "messageid",
    "checkid",
    "certifyid",
    "transactionid",
    "transactionno",
    "serial",
    "serialno",
    "serialnum",
    "bizsn",
    "bizseq",
    "sn",
    "seq",
    "seqno",
    "flowno",
    "orderid",
    "queryid",
    "charge",
    "nonce",
    "sign",
    "signature",
    "signtype",
    "signmethod",
    "alg",
    "algorithm",
    "cipher",
    "encoding",
    "charset",
    "version",
    "ver",
    "txntype",
    "txnsubtype",
    "biztype",
    "accesstype",
    "channeltype",
    "tokentype",
    "scope",
    "method",
    "type",
    "level",
    "count",
    "total",
    "size",
    "folded",
    "appid",
    "merid",
    "issuer",
    "iss",
    "aud",
    "exp",
    "iat",
    "nbf",
    "kid",
    "kty",
    "use",
    "crv",
    "typ",
};

static bool is_kept(const struct mask *mask, struct str name) {
    struct str plain = mask_plain_name(mask->arena, name);
    for (size_t i = 0; i < ARRAY_LEN(harmless); i++) {
        if (str_equal(plain, str_from(harmless[i]))) {
            return true;
        }
    }
    return mask_has_word(mask->names, plain);
}

/* Under a name that is kept a row of the table stays as it is: it may look like a part of what was asked. */
static struct str shown(const struct mask *mask, struct str name, struct str value) {
    if (value.len == 0 || mask_is_masked(mask, value)) {
        return value;
    }
    if (!is_kept(mask, name)) {
        return MASK_HIDDEN;
    }
    return mask_has_word(mask->words, value) ? value : mask_shapes(mask, value);
}

/* --- JSON --- */

struct reading {
    const struct mask *mask;
    struct buf *buf;
    unsigned depth;
};

static void put_json(const struct reading *reading, struct str text);

static bool begins_json(struct str text) {
    size_t at = mask_skip(text, 0, SPACE);
    return at < text.len && (text.ptr[at] == '{' || text.ptr[at] == '[');
}

static void put_value(const struct reading *reading, struct str name, struct str value) {
    if (begins_json(value) && reading->depth < NESTED_MOST) {
        put_json(&(struct reading){reading->mask, reading->buf, reading->depth + 1}, value);
    } else {
        buf_put(reading->buf, shown(reading->mask, name, value));
    }
}

static bool is_literal(struct str text) {
    return str_equal(text, STR("true")) || str_equal(text, STR("false")) || str_equal(text, STR("null"));
}

/* A text or a bare value, with what ends it; its name is the last one before it. */
static size_t put_scalar(const struct reading *reading, struct str text, size_t at, struct str *name) {
    size_t inner, stop = mask_value_end(text, at, &inner);
    struct str value = str_sub(text, inner, stop - inner);
    if (inner == at) {
        stop = stop == at ? at + 1 : stop;
        value = str_sub(text, at, stop - at);
        buf_put(reading->buf, is_literal(value) ? value : shown(reading->mask, *name, value));
        return stop;
    }
    size_t quote = stop + (inner - at) <= text.len ? inner - at : text.len - stop;
    size_t behind = mask_skip(text, stop + quote, SPACE);
    bool is_name = behind < text.len && text.ptr[behind] == ':';
    buf_put(reading->buf, str_sub(text, at, inner - at));
    if (is_name) {
        *name = value;
        buf_put(reading->buf, mask_shapes(reading->mask, value));
    } else {
        put_value(reading, *name, value);
    }
    buf_put(reading->buf, str_sub(text, stop, quote));
    return stop + quote;
}

static void put_json(const struct reading *reading, struct str text) {
    struct str name = STR("");
    for (size_t at = 0; at < text.len;) {
        char c = text.ptr[at];
        if (c != '\0' && strchr("{}[],:" SPACE, c)) {
            name = c == '}' || c == '{' ? STR("") : name; /* what follows an object in a list has no name */
            buf_putc(reading->buf, c);
            at++;
        } else {
            at = put_scalar(reading, text, at, &name);
        }
    }
}

/* --- forms and XML --- */

static void put_form(const struct mask *mask, struct buf *buf, struct str text) {
    while (!str_is_absent(text)) {
        struct str value;
        struct str pair = str_cut(text, '&', &text);
        struct str name = str_cut(pair, '=', &value);
        buf_put(buf, str_is_absent(value) ? shown(mask, STR(""), name) : name);
        if (!str_is_absent(value)) {
            buf_putc(buf, '=');
            buf_put(buf, shown(mask, name, value));
        }
        buf_put(buf, str_is_absent(text) ? STR("") : STR("&"));
    }
}

/* Nothing but the name: attributes and CDATA are values that nobody needs to see. */
static struct str tag_name(struct str tag) {
    size_t end = 0;
    while (end < tag.len && tag.ptr[end] != '\0' &&
           strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_:.-?", tag.ptr[end])) {
        end++;
    }
    return str_sub(tag, 0, end);
}

static void put_xml(const struct mask *mask, struct buf *buf, struct str text) {
    struct str name = STR("");
    while (!str_is_absent(text)) {
        struct str behind;
        struct str content = str_cut(text, '<', &behind);
        bool blank = mask_skip(content, 0, SPACE) == content.len;
        buf_put(buf, blank ? content : shown(mask, name, content));
        if (str_is_absent(behind)) {
            return;
        }
        struct str tag = str_cut(behind, '>', &text);
        bool ends = str_drop_prefix(&tag, STR("/"));
        name = ends ? STR("") : tag_name(tag);
        buf_put(buf, ends ? STR("</") : STR("<"));
        buf_put(buf, tag_name(tag));
        buf_putc(buf, '>');
    }
}

/* --- what is none of them --- */

/* An error of something in between, in English as a rule; other writing may be a name. */
static void put_plain(struct buf *buf, struct str text) {
    bool hidden = false;
    for (size_t i = 0; i < text.len; i++) {
        bool ascii = (unsigned char)text.ptr[i] < 0x80;
        if (ascii) {
            buf_putc(buf, text.ptr[i]);
        } else if (!hidden) {
            buf_put(buf, MASK_HIDDEN);
        }
        hidden = !ascii;
    }
}

static bool is_page(struct arena *arena, struct str text) {
    struct str start = str_lower(arena, str_sub(text, 0, text.len < 64 ? text.len : 64));
    return str_starts(start, STR("<html")) || str_starts(start, STR("<!doctype html"));
}

static bool is_form(struct str text) {
    return str_contains(text, '=') && !str_contains(text, ' ') && !str_contains(text, '\n');
}

struct str mask_unknown(const struct mask *mask, struct str text) {
    struct str trimmed = str_trim(text);
    struct buf buf;
    buf_init(&buf, mask->arena, text.len + 64, text.len * 8 + 64);
    if (is_page(mask->arena, trimmed)) {
        return mask_shapes(mask, text);
    }
    if (str_starts(trimmed, STR("<"))) {
        put_xml(mask, &buf, text);
    } else if (begins_json(text) || str_starts(trimmed, STR("\""))) {
        put_json(&(struct reading){mask, &buf, 0}, text);
    } else if (is_form(trimmed)) {
        put_form(mask, &buf, text);
    } else {
        put_plain(&buf, mask_shapes(mask, text));
    }
    return buf_str(&buf);
}
