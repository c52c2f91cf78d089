/* Names, numbers, cards and phones as people type them: a key is its own key. */
#include "base/utf8.h"
#include "fuzz.h"
#include "model/cards.h"
#include "model/identity.h"
#include "model/organisation.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str text = str_of(data, size), key, again, phone;
    struct id_number number;
    id_number_read(text, 1796083200, &number);
    phone_read(arena, text, &phone);
    if (person_name_key(arena, text, &key) == PERSON_NAME_OK) {
        CHECK(utf8_valid(key));
        if (utf8_count(key) <= PERSON_NAME_MOST && person_name_key(arena, key, &again) == PERSON_NAME_OK) {
            CHECK(str_equal(key, again));
        }
    }
    char card[BANK_CARD_MOST + 1], social[SOCIAL_CARD_MOST + 1], region[7];
    if (bank_card_read(text, card) != BANK_CARD_BAD) {
        CHECK(strlen(card) >= 13 && bank_card_read(str_from(card), card) != BANK_CARD_BAD);
    }
    CHECK(!social_card_read(text, social) || social_card_read(str_from(social), social));
    CHECK(!region_read(text, region) || strlen(region) == 6);
    if (organisation_name_key(arena, text, &key) == ORGANISATION_NAME_OK) {
        CHECK(utf8_valid(key));
    }
    return 0;
}
