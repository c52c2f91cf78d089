/*
 * register_fixture: a domain on real stores: a SQLite file and a keyring in a folder of their own, and the memory kv.
 */
#ifndef TESTS_DOMAIN_REGISTER_FIXTURE_H
#define TESTS_DOMAIN_REGISTER_FIXTURE_H

#include "domain/client_register.h"
#include "domain/domain.h"
#include "test.h"

/* Runs `run` on a fiber, with stores that hold nothing but two agencies, "a" and "b". Everything is gone afterwards. */
void with_register(void (*run)(struct domain *domain));

/* One of each role; the developer is of agency "a". `who` is part of the id, so that there can be two of a role. */
struct actor actor_as(enum role role, const char *who);

const struct json *json_of(struct arena *arena, const char *text);
void put_setting(struct domain *domain, struct arena *arena, const char *name, int64_t value);
/* Any statement, as if by hand. */
void run_sql(struct domain *domain, const char *text);
int64_t count_sql(struct domain *domain, const char *query);

/* Puts a client system into a state past all rules; `pending`: a change of it waits. Entered by "shell", of agency "a",
 * submitted by "submitter". */
struct client_row put_client(struct domain *domain, struct arena *arena, const char *client_id, enum client_state state,
                             bool pending);

/* The domain's snapshot follows the store. */
void refresh(struct domain *domain);

#define METADATA "{\"client_name\":\"甲\",\"redirect_uris\":[\"https://rp.example/cb\"]}"
#define CHANGED  "{\"client_name\":\"乙\",\"redirect_uris\":[\"https://rp.example/cb\"]}"

#endif
