/*
 * cards: numbers of bank cards and of social insurance cards, in the one form that is compared and sent
 * (domain-china §3.1, §6.4).
 *
 * These functions only find what cannot be right. Whether a card is a person's is for its register to say.
 */
#ifndef MODEL_CARDS_H
#define MODEL_CARDS_H

#include "base/str.h"

struct arena;

#define BANK_CARD_MOST   19
#define SOCIAL_CARD_MOST 20

enum bank_card_result {
    BANK_CARD_OK,
    BANK_CARD_UNUSUAL, /* the check digit does not fit (ISO/IEC 7812, Luhn): a typing error more often than not, but old
                          issuers' cards are said to break it, so a warning and no refusal */
    BANK_CARD_BAD,
};
/* 13 to 19 digits; folds full width, drops spaces and hyphens between them. `ret_card` is set on OK and UNUSUAL. */
enum bank_card_result bank_card_read(struct str text, char ret_card[BANK_CARD_MOST + 1]);
/* "6226 **** 0095"; stars only for what is no card number. */
struct str bank_card_mask(struct arena *arena, struct str card);

/* 6 to 20 letters and digits, at least one a digit, in upper case and half width. What a number looks like is each
 * region's own: most print nine characters. */
bool social_card_read(struct str text, char ret_card[SOCIAL_CARD_MOST + 1]);

/* The six digits of GB/T 2260 that name a province or a place in it; districts that no longer exist included. */
bool region_read(struct str text, char ret_region[7]);

#endif
