/*
 * proxy: whose word about the client's address counts.
 */
#ifndef HTTP_PROXY_H
#define HTTP_PROXY_H

#include "base/fault.h"
#include "http/request.h"

struct http_networks;

/* Addresses and CIDR networks. False names the one that is malformed. */
bool http_networks_new(const struct str *texts, size_t count, struct http_networks **ret_networks, struct fault *fault);
void http_networks_free(struct http_networks *networks);
bool http_networks_have(const struct http_networks *networks, struct str address);

/*
 * The client behind trusted proxies: the rightmost address of X-Forwarded-For that is not a trusted one. `peer` is who
 * is connected; from anyone not trusted the fields are ignored. False when a trusted proxy sent nonsense.
 */
bool http_forwarded(const struct http_networks *networks, const struct http_request *request, struct str peer,
                    struct str *ret_address, bool *ret_secure);

#endif
