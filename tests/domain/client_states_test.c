/* The way of client systems through the register: every action in every state, by every role, with one pair of eyes and
 * with two. */
#include "register_fixture.h"

/* What a client system may be found as. */
enum found { DRAFT, SUBMITTED, APPROVED, SUSPENDED, RETIRED, APPROVED_CHANGED, SUSPENDED_CHANGED, FOUNDS };
static const struct {
    const char *name;
    enum client_state state;
    bool pending;
} founds[FOUNDS] = {
    [DRAFT] = {"draft", CLIENT_DRAFT, false},
    [SUBMITTED] = {"submitted", CLIENT_SUBMITTED, false},
    [APPROVED] = {"approved", CLIENT_APPROVED, false},
    [SUSPENDED] = {"suspended", CLIENT_SUSPENDED, false},
    [RETIRED] = {"retired", CLIENT_RETIRED, false},
    [APPROVED_CHANGED] = {"approved, a change waits", CLIENT_APPROVED, true},
    [SUSPENDED_CHANGED] = {"suspended, a change waits", CLIENT_SUSPENDED, true},
};

/* Per action: in which of these it is possible and what it leads to ('.': not possible; d s a u r: the state), and
 * which roles may. A change that waited is gone where `settles`. */
static const struct expected {
    enum client_action action;
    const char *leads_to, *leads_to_alone; /* with four eyes, without */
    const char *roles;                     /* System, sEcurity, Auditor, Developer, Host, Registrant, None */
} expected[] = {
    {CLIENT_SUBMIT, "s......", "a......", "SDHR"},      {CLIENT_APPROVE, ".a...au", ".a...au", "EH"},
    {CLIENT_REJECT, ".d...au", ".d...au", "EH"},        {CLIENT_SUSPEND, "..u..u.", "..u..u.", "SEH"},
    {CLIENT_RESUME, "...a..a", "...a..a", "EH"},        {CLIENT_RETIRE, "rrrr.rr", "rrrr.rr", "SHR"},
    {CLIENT_END_SESSIONS, "..au.au", "..au.au", "SEH"},
};
_Static_assert(ARRAY_LEN(expected) == CLIENT_ACTIONS, "every action has a row");

static const struct {
    enum role role;
    char letter;
} roles[] = {{ROLE_SYSTEM, 'S'}, {ROLE_SECURITY, 'E'},   {ROLE_AUDITOR, 'A'}, {ROLE_DEVELOPER, 'D'},
             {ROLE_HOST, 'H'},   {ROLE_REGISTRANT, 'R'}, {ROLE_NONE, 'N'}};

static char letter_of(enum client_state state) {
    return " dsaur"[state];
}

struct trial {
    struct domain *domain;
    const struct expected *row;
    enum found found;
    size_t role;
    bool four_eyes, by_submitter;
    char says[160];
};

/* What the table says of it. A registrant sees no client system that others entered. */
static enum admin_result result_wanted(const struct trial *trial) {
    const char *leads_to = trial->four_eyes ? trial->row->leads_to : trial->row->leads_to_alone;
    if (!strchr(trial->row->roles, roles[trial->role].letter)) {
        return ADMIN_FORBIDDEN;
    }
    if (roles[trial->role].role == ROLE_REGISTRANT) {
        return ADMIN_MISSING;
    }
    bool own_approval = trial->row->action == CLIENT_APPROVE && trial->by_submitter && trial->four_eyes;
    return leads_to[trial->found] == '.' || own_approval ? ADMIN_CONFLICT : ADMIN_DONE;
}

static void check_done(const struct trial *trial, const struct client_row *row) {
    const char *leads_to = trial->four_eyes ? trial->row->leads_to : trial->row->leads_to_alone;
    bool settles = trial->row->action == CLIENT_APPROVE || trial->row->action == CLIENT_REJECT;
    bool waits = founds[trial->found].pending && !settles;
    bool applied = trial->row->action == CLIENT_APPROVE && founds[trial->found].pending;
    assert_row(letter_of(row->state) == leads_to[trial->found], trial->says);
    assert_row(row->version == 2, trial->says);
    assert_row(str_is_absent(row->pending) == !waits, trial->says);
    assert_row(str_equal(row->metadata, applied ? STR(CHANGED) : STR(METADATA)), trial->says);
    assert_row((row->not_before > 0) == (trial->row->action == CLIENT_END_SESSIONS), trial->says);
}

static void try(struct trial *trial) {
    static int number;
    struct arena *arena ARENA_AUTO = arena_new();
    struct domain *domain = trial->domain;
    struct registered client;
    struct client_row row;
    char id[32];
    snprintf(id, sizeof(id), "c%d", ++number);
    snprintf(trial->says, sizeof(trial->says), "%s, %s, by %c%s, four eyes %d",
             str_c(arena, client_action_name(trial->row->action)), founds[trial->found].name, roles[trial->role].letter,
             trial->by_submitter ? " who submitted it" : "", trial->four_eyes);
    put_client(domain, arena, id, founds[trial->found].state, founds[trial->found].pending);
    int64_t events = count_sql(domain, "SELECT COUNT(*) FROM audit_outbox");
    const struct actor actor = actor_as(roles[trial->role].role, trial->by_submitter ? "submitter" : "somebody");
    const struct admin_answer answer =
        register_act(domain, arena, &actor, str_from(id), 1, trial->row->action, &client);
    assert_row(answer.result == result_wanted(trial), trial->says);
    bool done = answer.result == ADMIN_DONE;
    assert_row(count_sql(domain, "SELECT COUNT(*) FROM audit_outbox") == events + done, trial->says);
    assert_int_equal(clients_get(domain->sql, arena, str_from(id), &row), SQL_DONE);
    if (done) {
        check_done(trial, &row);
        assert_row(client.row.version == 2 && client.row.state == row.state, trial->says);
    } else {
        assert_row(row.version == 1 && row.state == founds[trial->found].state, trial->says);
        assert_row((answer.result == ADMIN_CONFLICT) <= (answer.reason != NULL), trial->says);
    }
}

static void try_all(struct domain *domain, bool four_eyes) {
    struct arena *arena ARENA_AUTO = arena_new();
    put_setting(domain, arena, "four_eyes", four_eyes);
    for (size_t i = 0; i < ARRAY_LEN(expected) * FOUNDS * ARRAY_LEN(roles); i++) {
        struct trial trial = {.domain = domain,
                              .row = &expected[i % ARRAY_LEN(expected)],
                              .found = (enum found)(i / ARRAY_LEN(expected) % FOUNDS),
                              .role = i / ARRAY_LEN(expected) / FOUNDS,
                              .four_eyes = four_eyes};
        try(&trial);
        if (trial.row->action == CLIENT_APPROVE) {
            trial.by_submitter = true;
            try(&trial);
        }
    }
}

static void with_both(struct domain *domain) {
    try_all(domain, true);
    try_all(domain, false);
}

static void every_action_in_every_state_by_every_role(void **state) {
    with_register(with_both);
}

/* What a form offers is what the rules allow. */
static void obstacles(struct domain *domain) {
    struct settings settings;
    settings_init(&settings);
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        for (int found = 0; found < FOUNDS; found++) {
            const struct client_row row = {.state = founds[found].state,
                                           .pending = founds[found].pending ? STR(CHANGED) : STR_NONE,
                                           .submitted_by = STR("submitter")};
            const struct actor actor = actor_as(ROLE_SECURITY, "somebody");
            bool possible = !client_action_obstacle(&row, &actor, expected[i].action, &settings);
            assert_row(possible == (expected[i].leads_to[found] != '.'), founds[found].name);
        }
    }
}

static void an_obstacle_is_named_where_the_action_is_refused(void **state) {
    obstacles(NULL);
}

static void actions_have_names_that_lead_back(void **state) {
    for (int i = 0; i < CLIENT_ACTIONS; i++) {
        enum client_action action;
        assert_true(client_action_of_name(client_action_name((enum client_action)i), &action));
        assert_int_equal(action, i);
    }
    enum client_action action;
    assert_false(client_action_of_name(STR("Approve"), &action));
    assert_false(client_action_of_name(STR(""), &action));
    assert_false(client_action_of_name(STR_NONE, &action));
}

/* A stale version is told before anything else of the state. */
static void stale(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct registered client;
    const struct actor host = actor_as(ROLE_HOST, "host:x");
    put_client(domain, arena, "c", CLIENT_APPROVED, false);
    for (int64_t version = -1; version <= 2; version++) {
        enum admin_result wanted = version == 1 ? ADMIN_DONE : ADMIN_STALE;
        if (version != 1) {
            assert_int_equal(register_act(domain, arena, &host, STR("c"), version, CLIENT_SUSPEND, &client).result,
                             wanted);
        }
    }
    assert_int_equal(register_act(domain, arena, &host, STR("nobody"), 1, CLIENT_SUSPEND, &client).result,
                     ADMIN_MISSING);
    assert_int_equal(count_sql(domain, "SELECT COUNT(*) FROM audit_outbox"), 0);
}

static void an_action_names_the_version_it_was_made_from(void **state) {
    with_register(stale);
}

RUN_TESTS(cmocka_unit_test(every_action_in_every_state_by_every_role),
          cmocka_unit_test(an_obstacle_is_named_where_the_action_is_refused),
          cmocka_unit_test(actions_have_names_that_lead_back),
          cmocka_unit_test(an_action_names_the_version_it_was_made_from))
