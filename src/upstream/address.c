/*
 * Where other people's services are. What goes there are secrets and people's data, so that plain HTTP is for this
 * machine only.
 */
#include "model/uri.h"
#include "upstream/adapter.h"

static bool is_private(const struct uri *uri) {
    return str_equal(uri->scheme, STR("https")) || (str_equal(uri->scheme, STR("http")) && uri_is_loopback(uri));
}

bool upstream_is_private(struct str address) {
    struct uri uri;
    return !uri_read(address, &uri) && !str_is_absent(uri.host) && is_private(&uri);
}

/* Of what is wrong nothing is repeated: it may be a password. */
const char *upstream_address_problem(struct str address) {
    struct uri uri;
    const char *problem = uri_read(address, &uri);
    if (problem) {
        return problem;
    }
    if (str_is_absent(uri.host) || !is_private(&uri)) {
        return "must start with https://, or with http:// when it is on this machine";
    }
    return str_is_absent(uri.query) ? NULL : "has a query";
}

bool upstream_address_check(const struct upstream_settings *settings, const char *option, struct str address,
                            struct fault *fault) {
    const char *problem = upstream_address_problem(address);
    return !problem || fault_set(fault, "upstreams.%.*s.%s: %s", STR_ARG(settings->name), option, problem);
}

bool upstream_url_check(const struct upstream_settings *settings, struct fault *fault) {
    return upstream_address_check(settings, "url", settings->url, fault) &&
           (!str_ends(settings->url, STR("/")) ||
            fault_set(fault, "upstreams.%.*s.url: ends with a slash, which the paths begin with",
                      STR_ARG(settings->name)));
}
