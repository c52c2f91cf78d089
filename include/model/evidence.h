/*
 * evidence: the record of one check of a person's identity: by whom, when, how, with what result. Kept, never only a
 * level.
 */
#ifndef MODEL_EVIDENCE_H
#define MODEL_EVIDENCE_H

#include "base/str.h"

#define LEVEL_MOST 4 /* of proof (domain-china §7.2) */

/* domain-china §1: the kinds of identity document. The value is stored; never renumber. */
enum id_type {
    ID_TYPE_NONE = 0,
    ID_TYPE_RESIDENT = 1,            /* 居民身份证 */
    ID_TYPE_RESIDENCE_PERMIT = 2,    /* 港澳台居民居住证 */
    ID_TYPE_PERMANENT_RESIDENCE = 3, /* 外国人永久居留身份证 */
};

/* The one result model of every adapter (domain-china §3.5). */
enum verify_result {
    VERIFY_MATCH,
    VERIFY_MISMATCH,
    VERIFY_NOT_FOUND,
    VERIFY_UNSUPPORTED,
    VERIFY_STATE_BAD,
    VERIFY_INVALID_INPUT,
    VERIFY_RATE_LIMITED,
    VERIFY_PENDING,
    VERIFY_UPSTREAM_ERROR,
};
#define VERIFY_RESULTS (VERIFY_UPSTREAM_ERROR + 1)
const char *verify_result_name(enum verify_result result); /* "match", "mismatch", … */

/* The ways of proof (model/methods.def). */
enum proof_method {
#define METHOD(identifier, name, level, type, check_method, what) METHOD_##identifier,
#include "model/methods.def"
#undef METHOD
    PROOF_METHODS
};

/* What a piece of evidence is in the words of OpenID Connect for Identity Assurance 1.0. */
enum evidence_type { EVIDENCE_DOCUMENT, EVIDENCE_RECORD };

struct proof {
    struct str name;
    int level; /* what a match proves */
    enum evidence_type type;
    struct str check_method; /* of the eKYC and IDA identifiers registry */
    struct str what;         /* document_details.type or record.type */
};
const struct proof *proof_of(enum proof_method method);
/* NULL for one we do not know. */
const struct proof *proof_from_name(struct str name);

struct evidence {
    struct str source;    /* the configured upstream's name */
    struct str authority; /* "mps-population" */
    struct str method;    /* "two_element_match": a name of model/methods.def */
    struct str check_id;  /* the other side's reference, for disputes */
    bool folded;          /* names matched only after folding (domain-china §1.5) */
    enum verify_result result;
    int64_t checked_at; /* seconds */
    int64_t expires_at; /* 0 for never */
    int64_t due_at;     /* when the authority is to be asked again; 0 for never */
    int64_t ended_at;   /* when it stopped counting before its time; 0 while it counts */
    int level;          /* the level of proof it gives: 1 to 4 */
};

#endif
