/*
 * Form tokens: an id, a time and the extra, sealed as flow state is, and bound to who and what the form is for. A used
 * one is marked in the kv store for as long as it could be used.
 */
#include "domain/form.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/random.h"
#include "model/pack.h"
#include "status.h"

#define FORM_ID_RANDOM 16
#define PACKED_MOST    (FORM_EXTRA_MOST + 128)

/* Other flow state is bound to the cookie alone, and so never opens as a form. */
static struct str bound_of(struct arena *arena, const struct form *form) {
    return str_concat(arena, STR("form "), str_from(form->purpose), STR(" "), form->session_id, STR(" "),
                      form->browser);
}

struct str form_seal(const struct domain *domain, struct arena *arena, const struct form *form, struct str extra) {
    struct buf packed;
    CHECK(extra.len <= FORM_EXTRA_MOST && !str_is_empty(form->browser));
    buf_init(&packed, arena, 128, PACKED_MOST);
    pack_str(&packed, random_text(arena, FORM_ID_RANDOM));
    pack_signed(&packed, clock_wall());
    pack_str(&packed, extra);
    CHECK(!packed.failed);
    return base64url_encode(arena, seal(domain->sealers->flow, arena, buf_str(&packed), bound_of(arena, form)));
}

enum domain_status form_take(struct domain *domain, struct arena *arena, const struct form *form, struct str sealed,
                             struct str *ret_extra) {
    struct str bytes, plain;
    if (str_is_empty(form->browser) || sealed.len > 2 * PACKED_MOST || !base64url_decode(arena, sealed, &bytes) ||
        !seal_open(domain->sealers->flow, arena, bytes, bound_of(arena, form), &plain)) {
        return DOMAIN_NO;
    }
    struct unpack unpack = {.left = plain};
    struct str form_id = unpack_str(&unpack);
    int64_t age = clock_wall() - unpack_signed(&unpack), skew = domain->settings->clock_skew_s;
    struct str extra = unpack_str(&unpack);
    if (!unpack_done(&unpack) || age < -skew || age > FORM_S) {
        return DOMAIN_NO;
    }
    enum domain_status used =
        domain_of_kv(kv_put_new(domain->kv, arena, STR("fm"), form_id, STR("1"), FORM_S + 2 * skew + 60));
    if (used == DOMAIN_DONE && ret_extra) {
        *ret_extra = extra;
    }
    return used;
}
