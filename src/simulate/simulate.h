/*
 * simulate: upstream services as real HTTP services for trials and tests, on a fictional register, with faults on
 * request. Each service is one file and one entry of the table in services.c; it checks what it is asked as the real
 * one would, signatures included.
 *
 *   GET  /_control?service=NAME                  counters and mode, as JSON; the first service unless named
 *   POST /_control  service=NAME mode=… delay_ms=…   what the service does from now on
 */
#ifndef SIMULATE_SIMULATE_H
#define SIMULATE_SIMULATE_H

#include "base/arena.h"
#include "base/fault.h"
#include "config/yaml.h"
#include "http/reply.h"
#include "http/request.h"
#include "model/evidence.h"

/* What a service does with the next calls. */
enum fault_mode {
#define MODE(identifier, name) MODE_##identifier,
#include "modes.def"
#undef MODE
};

/* Of the register file. Members that a service needs for itself it reads from `entry`. */
struct person {
    struct str key; /* comparison key of the name */
    struct str name;
    struct str id_number;
    struct str phone; /* "+86…"; absent for none */
    struct str state; /* "normal", or why it is not: "deceased", "cancelled" */
    const struct yaml *entry;
};

struct simulator {
    struct arena *arena;
    const struct yaml *root; /* the register file: people, organisations, … */
    struct person *people;
    size_t people_count;
    struct str app_id; /* who we let ask */
    struct str folder; /* of the register file: where keys are */
};

/* One service that runs. */
struct service {
    const struct service_kind *kind;
    struct simulator *simulator;
    enum fault_mode mode;
    int64_t delay_ms;
    int64_t calls; /* of the interface, pages not counted */
    struct str secret;
    struct nonces *nonces;   /* uthash: those it has seen */
    void *own;               /* what open made */
    char last_answer[16384]; /* the good answer to give again in mode replay */
    size_t last_answer_len;
};

struct service_path {
    const char *prefix; /* of the path */
    bool page;          /* for browsers: no faults, and not counted */
};

struct service_kind {
    const char *name;
    const char *secret_variable; /* of the environment; the service is off where it is not set. NULL: needs none */
    const struct service_path *paths;
    size_t path_count;
    bool (*open)(struct service *service, struct fault *fault); /* NULL: nothing to do */
    void (*done)(struct service *service);                      /* NULL: nothing to do */
    /* Waits. */
    void (*handle)(struct service *service, const struct http_request *request, struct http_reply *reply);
};

extern const struct service_kind *const service_kinds[];
extern const size_t service_kind_count;

/* --- for services --- */

/* NULL when nobody has the number. */
const struct person *simulate_person(const struct simulator *simulator, struct str id_number);
/* A scalar member of a map, or `otherwise`. */
struct str simulate_text(const struct yaml *map, const char *name, struct str otherwise);
/* A list of the register file; NULL when there is none. */
const struct yaml *simulate_list(const struct simulator *simulator, const char *name);
/* Is it 16 to 63 bytes long and new to this service? Remembers it. */
bool simulate_nonce_is_new(struct service *service, struct str nonce);
/* A page of HTML for the browser: the body's markup is the caller's, its values escaped by it. */
void simulate_page(struct http_reply *reply, const char *title, struct str body);

extern const struct service_kind alipay_service;
extern const struct service_kind population_service;
extern const struct service_kind ctid_service;
extern const struct service_kind network_identity_service;
extern const struct service_kind sms_service;
extern const struct service_kind corporate_service;
extern const struct service_kind unionpay_service;
extern const struct service_kind social_insurance_service;
extern const struct service_kind wechat_service;

#endif
