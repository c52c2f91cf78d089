/*
 * alipay: what the parts of the simulated Alipay share: the gateway (alipay.c), signing in (alipay_login.c), the face
 * check (alipay_face.c).
 *
 * Its keys are PEM files, made by openssl, in the folder that TONGXING_ALIPAY_KEYS names (docs/upstreams/alipay.md):
 * alipay_private_key and app_public_key; for certificate mode alipay_certificate, alipay_root_certificate and
 * app_certificate besides. The key of encrypted content is TONGXING_ALIPAY_ENCRYPT_KEY, in base64; without it none is
 * understood.
 *
 * Its pages need no script. For browser tests:
 *
 *   ALIPAY_AUTHORIZE_PATH   one button per account of the register (alipay_accounts), name "account", value the
 * open_id; one button with name "refuse" ALIPAY_FACE_PAGE        buttons with name "outcome" and value "pass", "fail",
 * "attack", "leave"; "pass" passes when the register has this name for this number
 */
#ifndef SIMULATE_ALIPAY_H
#define SIMULATE_ALIPAY_H

#include "simulate.h"
#include "upstream/alipay_gateway.h"

struct alipay_face_product;
struct foreign_key;

#define ALIPAY_FACE_PAGE "/alipay/face"
#define GRANTS_MOST      256
#define CHECKS_MOST      256
#define NAME_SIZE        48

/* One time that somebody agreed on the authorize page. */
struct alipay_grant {
    char code[NAME_SIZE], token[NAME_SIZE];
    char scope[256];
    const struct yaml *account;
    int64_t made_at;
    bool code_used;
};

enum alipay_check_state { CHECK_PROCESSING, CHECK_PASSED, CHECK_FAILED, CHECK_ATTACKED };
struct alipay_check {
    const struct alipay_face_product *product;
    char id[NAME_SIZE];
    char name[256], number[32], return_url[1024];
    enum alipay_check_state state;
};

struct alipay {
    struct arena *arena;
    struct foreign_key *own, *app, *another;  /* another: signs in mode bad_signature, made when first needed */
    struct str own_name, root_name, app_name; /* of the certificates; absent without */
    struct foreign_key *app_by_certificate;
    struct secret content_key;               /* empty without */
    struct alipay_grant grants[GRANTS_MOST]; /* rings: the oldest is forgotten */
    struct alipay_check checks[CHECKS_MOST];
    size_t grants_made, checks_made;
};

/* What a method answers: the content as JSON text. */
struct alipay_told {
    struct str content;
    bool error; /* as error_response */
};
struct alipay_asked {
    struct service *service;
    const struct http_request *request;
    const struct http_params *params; /* signed, each once */
    const struct json *biz;           /* NULL without biz_content */
    bool sealed;                      /* asked with encrypted content, and to be answered so */
};
struct alipay_told alipay_refusal(struct arena *arena, const char *code, const char *sub_code);

struct alipay_told alipay_tell_token(const struct alipay_asked *asked);
struct alipay_told alipay_tell_info(const struct alipay_asked *asked);
/* Of the product whose method is asked. */
struct alipay_told alipay_tell_initialize(const struct alipay_asked *asked);
struct alipay_told alipay_tell_query(const struct alipay_asked *asked);

void alipay_authorize_page(struct service *service, const struct http_request *request, struct http_reply *reply);
void alipay_face_page(struct service *service, const struct http_request *request, struct http_reply *reply);
/* Sends the browser that came with a signed address to the face page. */
void alipay_check_page(const struct alipay_asked *asked, struct http_reply *reply);

#endif
