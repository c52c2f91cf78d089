/*
 * Names of states and documents.
 */
#include "model/window.h"

#include "base/check.h"

static const struct str states[] = {[WINDOW_WAITING] = STR_INIT("waiting"),
                                    [WINDOW_CONFIRMED] = STR_INIT("confirmed"),
                                    [WINDOW_REFUSED] = STR_INIT("refused")};
static const struct str documents[] = {STR_INIT("resident_id_card"), STR_INIT("residence_permit"),
                                       STR_INIT("permanent_residence_card")};

struct str window_state_name(enum window_state state) {
    return states[state];
}

bool window_state_of_name(struct str name, enum window_state *ret_state) {
    for (size_t i = WINDOW_WAITING; i < ARRAY_LEN(states); i++) {
        if (str_equal(states[i], name)) {
            *ret_state = (enum window_state)i;
            return true;
        }
    }
    return false;
}

bool window_document_is_known(struct str document) {
    for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
        if (str_equal(documents[i], document)) {
            return true;
        }
    }
    return false;
}
