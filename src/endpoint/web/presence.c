/*
 * The notice before a check in which the person is seen.
 */
#include "presence.h"

#define OTHERS_MOST 1024

static struct str title_of(const struct upstream *upstream, enum page_language language) {
    const struct upstream_traits *traits = upstream_traits(upstream);
    return language == PAGE_EN ? traits->title_en : traits->title;
}

struct presence_others presence_others(struct arena *arena, enum page_language language) {
    struct presence_others others = {.language = language};
    buf_init(&others.text, arena, 128, OTHERS_MOST);
    return others;
}

void presence_others_add(struct presence_others *others, struct str title) {
    if (others->text.len > 0) {
        buf_put(&others->text, others->language == PAGE_EN ? STR(", ") : STR("、"));
    }
    buf_put(&others->text, title);
}

void presence_others_add_upstream(struct presence_others *others, const struct upstream *upstream) {
    if (!upstream_traits(upstream)->face) {
        presence_others_add(others, title_of(upstream, others->language));
    }
}

void presence_show(struct page *row, const struct upstream *upstream, const struct presence_others *others) {
    const struct upstream_traits *traits = upstream_traits(upstream);
    page_set(row, "receiver", title_of(upstream, others->language));
    page_flag(row, "sends_identity", traits->asks & ASK_ID_NUMBER);
    page_flag(row, "face", traits->face);
    page_set(row, "others", others->text.failed ? STR("") : buf_str(&others->text));
}
