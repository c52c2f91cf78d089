/*
 * One flow: each step is a pause, a request, and an answer that is checked.
 */
#include "run.h"

#include "expect.h"

#define PATIENCE_NS 30000000000
#define PAUSE_NS    10000000 /* behind a lost connection, lest a server that is gone be asked without end */

static const struct step *step_of(const struct player *player) {
    return &player->steps->items[player->step];
}

static void end_flow(struct run *run, struct player *player) {
    player->playing = false;
    player->asked_ns = 0;
    run->playing--;
}

static void count_flow(struct run *run, struct player *player, int64_t now_ns) {
    if (player->counted) {
        run->tally.flows++;
        run->tally.requests += player->steps->count;
        histogram_add(&run->tally.latency, now_ns - player->begun_ns);
    }
}

static void wrong(struct run *run, struct player *player, const char *problem) {
    bool connected_only = player->step == player->steps->count;
    struct str label = connected_only ? STR("connecting") : step_of(player)->label;
    tally_wrong(&run->tally, run->arena, label, problem, connected_only ? NULL : &player->connection.answer);
    end_flow(run, player);
    if (run->phase < PHASE_WARMUP) {
        run->phase = PHASE_OVER; /* without what the prologue brings there is nothing to play */
    }
}

/* The connection is of no use any more. */
static void lost(struct run *run, struct player *player, const char *problem) {
    wrong(run, player, problem);
    connection_close(&player->connection);
    run_sleep(run, player, run->now_ns + PAUSE_NS);
}

static void request(struct run *run, struct player *player) {
    struct connection *connection = &player->connection;
    const struct step *step = step_of(player);
    if (step->takes_assertion) {
        supply_assertion(run->supply, &player->values);
    }
    struct str text = template_render(&step->request, player->values.texts, connection->outgoing, REQUEST_MOST);
    if (str_is_absent(text)) {
        lost(run, player, "the request is larger than 64 KiB");
    } else if (!connection_send(connection, text, step->head_only)) {
        lost(run, player, connection->problem);
    }
}

/* The pause is over: opens the connection if need be, and what is to be asked follows. */
static void proceed(struct run *run, struct player *player) {
    struct connection *connection = &player->connection;
    player->asked_ns = run->now_ns;
    if (connection->fd < 0) {
        run->tally.reconnects += connection->opened_before;
        if (!connection_open(connection)) {
            lost(run, player, connection->problem);
        }
    } else if (player->step < player->steps->count) {
        request(run, player);
    } else { /* an empty prologue wants nothing but the connection */
        end_flow(run, player);
        phase_player_free(run, player, run->now_ns);
    }
}

static void ask(struct run *run, struct player *player) {
    answer_reset(&player->connection.answer, false); /* no error line may show the answer before */
    int64_t think_ns = player->step < player->steps->count ? step_of(player)->think_ns : 0;
    if (think_ns > 0) {
        player->asked_ns = 0;
        run_sleep(run, player, run_clock_ns() + think_ns);
    } else {
        proceed(run, player);
    }
}

void flow_begin(struct run *run, struct player *player, const struct steps *steps, int64_t due_ns) {
    player->steps = steps;
    player->step = 0;
    player->playing = true;
    player->counted = run->phase == PHASE_WINDOW;
    player->begun_ns = due_ns;
    run->playing++;
    if (steps->count > 0) {
        supply_new_flow(run->supply, &player->values);
    }
    ask(run, player);
}

static void take_samples(struct run *run, struct player *player, const struct step *step) {
    for (size_t i = 0; i < step->capture_count; i++) {
        const struct capture *capture = &step->captures[i];
        if (capture->sample != SAMPLE_NONE) {
            sample_offer(run->sample, capture->sample, player->values.texts[capture->variable]);
        }
    }
}

static void right(struct run *run, struct player *player, bool reusable) {
    bool last = player->step + 1 == player->steps->count;
    if (run->sample && player->counted) {
        take_samples(run, player, step_of(player));
    }
    if (!reusable && !last && player->connection.answer.keep_alive) {
        lost(run, player, "the connection ended inside the flow without \"Connection: close\"");
        return;
    }
    player->step++;
    if (!last) {
        ask(run, player);
        return;
    }
    int64_t now_ns = run_clock_ns();
    end_flow(run, player);
    count_flow(run, player, now_ns);
    phase_player_free(run, player, now_ns);
}

static void answered(struct run *run, struct player *player) {
    struct connection *connection = &player->connection;
    bool reusable = connection_is_reusable(connection);
    if (!reusable) {
        connection_close(connection);
    }
    char problem[1024];
    if (expect_answer(run->plan, step_of(player), &connection->answer, &player->values, problem, sizeof(problem))) {
        right(run, player, reusable);
    } else {
        wrong(run, player, problem);
        phase_player_free(run, player, run_clock_ns());
    }
}

void flow_event(struct run *run, struct player *player, uint32_t events) {
    struct connection *connection = &player->connection;
    switch (connection_event(connection, events)) {
    case CONNECTION_QUIET:
        break;
    case CONNECTION_OPENED:
        proceed(run, player);
        break;
    case CONNECTION_ANSWERED:
        answered(run, player);
        break;
    case CONNECTION_IDLE_END:
        connection_close(connection);
        if (player->playing) { /* it was asleep between two steps */
            TAILQ_REMOVE(&run->sleepers, player, line);
            lost(run, player, "the connection ended in the pause before this step");
        }
        break;
    case CONNECTION_FAILED:
        lost(run, player, connection->problem);
        break;
    }
}

void flow_wake(struct run *run, struct player *player) {
    if (player->playing) {
        proceed(run, player);
    } else {
        phase_player_free(run, player, run->now_ns);
    }
}

void flow_check_patience(struct run *run, struct player *player) {
    if (player->playing && player->asked_ns > 0 && run->now_ns - player->asked_ns > PATIENCE_NS) {
        lost(run, player,
             player->connection.connecting ? "no connection within 30 s" : "no complete answer within 30 s");
    }
}
