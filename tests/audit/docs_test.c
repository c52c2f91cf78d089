/* The page about the audit trail has each event as the table of events has it, and no other. */
#include "model/event.h"
#include "test.h"

#define PAGE_MOST (256 * 1024)

static const char *kept_text(enum event_record record) {
    switch (record) {
    case EVENT_RECORD_AUDITED:
        return "always";
    case EVENT_RECORD_FAILURES:
        return "when refused or failed";
    case EVENT_RECORD_COUNTED:
        break;
    }
    return "no";
}

static void the_page_has_each_event(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    char *page = arena_alloc(arena, PAGE_MOST);
    FILE *file = fopen("docs/audit.md", "re");
    assert_non_null(file);
    page[fread(page, 1, PAGE_MOST - 1, file)] = '\0';
    fclose(file);
    for (int kind = 0; kind < EVENT_KINDS; kind++) {
        enum event_kind event = (enum event_kind)kind;
        struct str line = str_format(arena, "\n| `%.*s` | %s | %.*s |\n", STR_ARG(event_name(event)),
                                     kept_text(event_record_of(event)), STR_ARG(event_help(event)));
        assert_row(strstr(page, str_c(arena, line)), str_c(arena, line));
    }
    int rows = 0;
    for (const char *at = page; (at = strstr(at, "\n| `")); at++) {
        rows++;
    }
    assert_int_equal(rows, EVENT_KINDS);
}

RUN_TESTS(cmocka_unit_test(the_page_has_each_event))
