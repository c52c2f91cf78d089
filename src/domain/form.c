/*
 * Form tokens: what they are bound to, an id, a time and the extra, sealed as flow state is. A used one is marked in
 * the kv store for as long as it could be used.
 */
#include "domain/form.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "domain/flow.h"
#include "model/pack.h"
#include "status.h"

#define FORM_ID_RANDOM 16
#define PACKED_MOST    (FORM_EXTRA_MOST + 512)

struct str form_seal(const struct domain *domain, struct arena *arena, const struct form *form, struct str extra) {
    struct buf packed;
    CHECK(extra.len <= FORM_EXTRA_MOST && !str_is_empty(form->browser));
    buf_init(&packed, arena, 256, PACKED_MOST);
    pack_str(&packed, str_from(form->purpose));
    pack_str(&packed, str_or(form->session_id, STR("")));
    pack_str(&packed, random_text(arena, FORM_ID_RANDOM));
    pack_signed(&packed, clock_wall());
    pack_str(&packed, extra);
    return browser_seal(domain, arena, BROWSER_FORM, &packed, form->browser);
}

enum domain_status form_take(struct domain *domain, struct arena *arena, const struct form *form, struct str sealed,
                             struct str *ret_extra) {
    struct unpack unpack;
    if (!browser_open(domain, arena, BROWSER_FORM, sealed, form->browser, &unpack)) {
        return DOMAIN_NO;
    }
    struct str purpose = unpack_str(&unpack), session_id = unpack_str(&unpack), form_id = unpack_str(&unpack);
    int64_t age = clock_wall() - unpack_signed(&unpack), skew = domain->settings->clock_skew_s;
    struct str extra = unpack_str(&unpack);
    if (!unpack_done(&unpack) || !str_equal(purpose, str_from(form->purpose)) ||
        !str_equal(session_id, str_or(form->session_id, STR(""))) || age < -skew || age > FORM_S) {
        return DOMAIN_NO;
    }
    enum domain_status used =
        domain_of_kv(kv_put_new(domain->kv, arena, STR("fm"), form_id, STR("1"), FORM_S + 2 * skew + 60));
    if (used == DOMAIN_DONE && ret_extra) {
        *ret_extra = extra;
    }
    return used;
}
