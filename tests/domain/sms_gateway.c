#include "sms_gateway.h"

#include "config/yaml.h"
#include "test.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct gateway gateway;
static int listening;
static pthread_t thread;

static void copy_member(const char *body, const char *name, char *to, size_t size) {
    char quoted[40];
    snprintf(quoted, sizeof(quoted), "\"%s\":\"", name);
    const char *found = strstr(body, quoted);
    const char *value = found ? found + strlen(quoted) : "";
    snprintf(to, size, "%.*s", (int)strcspn(value, "\""), value);
}

static void take(const char *body) {
    copy_member(body, "transaction", gateway.transaction, sizeof(gateway.transaction));
    if (strstr(body, "\"code\":\"")) {
        copy_member(body, "code", gateway.code, sizeof(gateway.code));
        gateway.calls++;
    } else {
        copy_member(body, "phone", gateway.notice_phone, sizeof(gateway.notice_phone));
        copy_member(body, "template", gateway.notice_template, sizeof(gateway.notice_template));
        gateway.notices++;
    }
}

/* A request of ours has a body that ends with a brace, and no other. */
static const char *read_body(int fd, char *heard, size_t size) {
    size_t len = 0;
    while (len < size - 1) {
        ssize_t more = recv(fd, heard + len, size - 1 - len, 0);
        if (more <= 0) {
            return NULL;
        }
        len += (size_t)more;
        heard[len] = '\0';
        if (heard[len - 1] == '}') {
            return strchr(heard, '{');
        }
    }
    return NULL;
}

static void *serve(void *arg) {
    for (;;) {
        char heard[4096];
        int fd = accept(listening, NULL, NULL);
        if (fd < 0) {
            return NULL;
        }
        const char *body = read_body(fd, heard, sizeof(heard));
        if (body) {
            take(body);
            if (gateway.status) {
                dprintf(fd, "HTTP/1.1 %d x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", gateway.status);
            }
        }
        close(fd);
    }
}

int gateway_start(void **state) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(listening >= 0 && bind(listening, (struct sockaddr *)&address, len) == 0 &&
          getsockname(listening, (struct sockaddr *)&address, &len) == 0 && listen(listening, 16) == 0);
    gateway.port = ntohs(address.sin_port);
    return pthread_create(&thread, NULL, serve, NULL);
}

int gateway_stop(void **state) {
    shutdown(listening, SHUT_RDWR);
    pthread_join(thread, NULL);
    return close(listening);
}

struct upstream_settings gateway_settings(struct arena *arena, const char *options) {
    struct config_problems problems = {0};
    const struct yaml *entry;
    assert_true(yaml_parse(arena, str_from(options), STR("test"), &entry, &problems));
    gateway.status = 200;
    return (struct upstream_settings){.name = STR("sms"),
                                      .adapter = STR("sms_http"),
                                      .url = str_format(arena, "http://127.0.0.1:%d", gateway.port),
                                      .secret = STR("a secret for tests only"),
                                      .timeout_ms = 2000,
                                      .concurrent = 10,
                                      .breaker_errors = 1000,
                                      .breaker_ms = 1000,
                                      .entry = entry};
}
