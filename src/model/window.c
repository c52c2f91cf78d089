/*
 * Names of states and documents.
 */
#include "model/window.h"

#include "base/check.h"

static const struct str states[] = {[WINDOW_WAITING] = STR_INIT("waiting"),
                                    [WINDOW_CONFIRMED] = STR_INIT("confirmed"),
                                    [WINDOW_REFUSED] = STR_INIT("refused")};
static const struct {
    struct str name;
    enum id_type type;
} documents[] = {{STR_INIT("resident_id_card"), ID_TYPE_RESIDENT},
                 {STR_INIT("residence_permit"), ID_TYPE_RESIDENCE_PERMIT},
                 {STR_INIT("permanent_residence_card"), ID_TYPE_PERMANENT_RESIDENCE}};

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

static enum id_type type_of(struct str document) {
    for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
        if (str_equal(documents[i].name, document)) {
            return documents[i].type;
        }
    }
    return ID_TYPE_NONE;
}

bool window_document_is_known(struct str document) {
    return type_of(document) != ID_TYPE_NONE;
}

bool window_document_bears(struct str document, enum id_type type) {
    return type != ID_TYPE_NONE && type_of(document) == type;
}
