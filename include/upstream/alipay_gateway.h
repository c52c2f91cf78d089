/*
 * alipay_gateway: how Alipay's open gateway is spoken to: signed forms out, signed JSON back (docs/upstreams/alipay.md,
 * domain-china §4.1 and §4.2). For the adapters behind it, for their simulator, and for the tests of what is pure.
 *
 * Where a key for it is agreed, contents are encrypted both ways; what is signed is the encrypted one.
 *
 * An answer is authentic when the signature fits the very bytes of its one content member. Codes and what they mean for
 * us are one table. What the content says beyond its code is the adapter's to read.
 */
#ifndef UPSTREAM_ALIPAY_GATEWAY_H
#define UPSTREAM_ALIPAY_GATEWAY_H

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/secret.h"
#include "model/evidence.h"

struct foreign_key;
struct upstream_call;
struct upstream_option;
struct upstream_settings;

#define ALIPAY_PARAMS_MOST 24         /* of one request */
#define ALIPAY_ANSWER_MOST 65536      /* bytes of an answer */
#define ALIPAY_CODE_DONE   "10000"    /* of an answer that is not a refusal */
#define ALIPAY_ZONE_S      (8 * 3600) /* timestamps are China's */

/* --- signing --- */

struct alipay_param {
    struct str name, value; /* not encoded */
};
/*
 * What is signed of a request: all but `sign` and what is empty, by name, "name=value" joined with "&", not
 * URL-encoded. Of what comes to us by the browser (`returned`) sign_type and alipay_cert_sn are left out too. At most
 * ALIPAY_PARAMS_MOST count.
 */
enum alipay_direction { ALIPAY_REQUEST, ALIPAY_RETURNED };
struct str alipay_signing_text(struct arena *arena, const struct alipay_param *params, size_t count,
                               enum alipay_direction direction);
/* base64 of the RSA2 signature; absent when it cannot be made. */
struct str alipay_sign(struct arena *arena, const struct foreign_key *key, struct str text);
bool alipay_signature_fits(struct arena *arena, const struct foreign_key *key, struct str text, struct str signature);
/* "2026-01-05 10:03:04" in China. */
struct str alipay_timestamp(struct arena *arena, int64_t wall_seconds);
/* application/x-www-form-urlencoded: a form's body, or a query. */
struct str alipay_form(struct arena *arena, const struct alipay_param *params, size_t count);

/* --- encrypted content --- */

#define ALIPAY_ENCRYPT_TYPE "AES"
/* From base64, as Alipay shows it. False unless it is 16 bytes. */
bool alipay_content_key_read(struct arena *arena, struct str text, struct secret *ret_key);
struct str alipay_content_seal(struct arena *arena, struct str key, struct str plain);
/* Only of what a signature has vouched for (jose/aes_cbc.h). */
bool alipay_content_open(struct arena *arena, struct str key, struct str sealed, struct str *ret_plain);

/* --- answers --- */

/* A key of Alipay's. In certificate mode it has a name, and an answer says by it which key it is signed with. */
struct alipay_key {
    struct str serial_name; /* absent in key mode */
    const struct foreign_key *key;
};
/* What answers are judged by. */
struct alipay_trust {
    const struct alipay_key *keys;
    size_t key_count;
    struct str content_key; /* absent: contents are not encrypted */
};
struct alipay_answer {
    enum verify_result result;  /* VERIFY_MATCH: done, read the content; else what the refusal means */
    const struct json *content; /* NULL unless it is authentic and could be read */
    bool authentic;
    struct str code, sub_code; /* of a refusal: letters, digits, ". _ -"; empty where they are anything else */
};
/* "alipay.user.info.share" → "alipay_user_info_share_response" */
struct str alipay_content_name(struct arena *arena, struct str method);
/*
 * From the body of an answer to `method`. The result is VERIFY_UPSTREAM_ERROR unless the content is there exactly once,
 * signed with one of the keys, and well-formed; an error without a signature tells its code, for the log, and no more.
 * Where there is a content_key, only a refusal may come unencrypted.
 */
void alipay_answer_read(struct arena *arena, struct str body, struct str method, const struct alipay_trust *trust,
                        struct alipay_answer *ret_answer);
/*
 * The bytes of the value of a member at the top level of an object, as they stand in the text. False unless the text is
 * an object in which the name stands once, written without escapes. For text that json_parse has taken.
 */
bool alipay_member_text(struct str text, struct str name, struct str *ret_value);
/* What a code and a sub_code mean: the one table. */
enum verify_result alipay_result_of(struct str code, struct str sub_code);

/* --- the gateway as adapters use it --- */

struct alipay_gateway;

/* The options that adapters behind the gateway share: an entry of their tables each. */
#define ALIPAY_GATEWAY_OPTIONS                                                                                         \
    {"app_private_key", OPTION_PATH, true, "PEM file with the app's RSA private key"},                                 \
        {"alipay_public_key", OPTION_PATH, false, "key mode: PEM file with Alipay's public key"},                      \
        {"app_certificate", OPTION_PATH, false, "certificate mode: PEM file with the app's certificate"},              \
        {"alipay_certificate", OPTION_PATH, false,                                                                     \
         "certificate mode: PEM file with Alipay's certificate; several while it changes"},                            \
        {"alipay_root_certificate", OPTION_PATH, false, "certificate mode: PEM file with Alipay's root certificates"}, \
    {                                                                                                                  \
        "encrypt_key", OPTION_TEXT, false,                                                                             \
            "encrypted content: the app's AES key, 16 bytes in base64; from the environment"                           \
    }

bool alipay_gateway_check(const struct upstream_settings *settings, struct fault *fault);
/* Loads the keys. */
bool alipay_gateway_open(const struct upstream_settings *settings, struct alipay_gateway **ret_gateway,
                         struct fault *fault);
void alipay_gateway_free(struct alipay_gateway *gateway);

struct alipay_request {
    struct str method;
    struct str biz_content;            /* JSON text; absent for none */
    const struct alipay_param *params; /* the method's own, beside biz_content */
    size_t param_count;
};
/* Answers what ret_answer->result says. Takes what it needs off call->timeout_ms. A refusal is logged by its code.
 * Waits. */
enum verify_result alipay_ask(struct upstream_call *call, const struct alipay_gateway *gateway,
                              const struct alipay_request *request, struct alipay_answer *ret_answer);
/* The same request as the address of a page there, for the browser. Absent when it cannot be signed. */
struct str alipay_page_url(struct arena *arena, const struct upstream_settings *settings,
                           const struct alipay_gateway *gateway, const struct alipay_request *request);

/* --- of both adapters --- */

/* A text member; the empty text where it is absent. False when it is of another kind or longer than `most` bytes. */
bool alipay_text(const struct json *content, const char *name, size_t most, struct str *ret_text);
/* An identifier of theirs: 1 to `most` letters, digits, "-", "_", ".", "~", "=", "/", "+". */
bool alipay_is_id(struct str text, size_t most);

#endif
