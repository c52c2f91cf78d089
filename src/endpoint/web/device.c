/*
 * Browsers and systems by the words that they put into the field; the first that is found counts, since most name
 * themselves after all that came before them.
 */
#include "device.h"

#include "base/check.h"

struct known {
    struct str mark, name;
};

static const struct known browsers[] = {
    {STR_INIT("MicroMessenger"), STR_INIT("微信 WeChat")},
    {STR_INIT("AlipayClient"), STR_INIT("支付宝 Alipay")},
    {STR_INIT("HuaweiBrowser"), STR_INIT("Huawei")},
    {STR_INIT("MQQBrowser"), STR_INIT("QQ")},
    {STR_INIT("Edg"), STR_INIT("Edge")},
    {STR_INIT("Firefox"), STR_INIT("Firefox")},
    {STR_INIT("Chrome"), STR_INIT("Chrome")},
    {STR_INIT("Safari"), STR_INIT("Safari")},
};
static const struct known systems[] = {
    {STR_INIT("OpenHarmony"), STR_INIT("HarmonyOS")},
    {STR_INIT("HarmonyOS"), STR_INIT("HarmonyOS")},
    {STR_INIT("Android"), STR_INIT("Android")},
    {STR_INIT("iPhone"), STR_INIT("iPhone")},
    {STR_INIT("iPad"), STR_INIT("iPad")},
    {STR_INIT("Windows"), STR_INIT("Windows")},
    {STR_INIT("Mac OS X"), STR_INIT("Mac")},
    {STR_INIT("Linux"), STR_INIT("Linux")},
};

static bool has(struct str text, struct str mark) {
    for (size_t at = 0; at + mark.len <= text.len; at++) {
        if (memcmp(text.ptr + at, mark.ptr, mark.len) == 0) {
            return true;
        }
    }
    return false;
}

static struct str find(const struct known *known, size_t count, struct str text) {
    for (size_t i = 0; i < count; i++) {
        if (has(text, known[i].mark)) {
            return known[i].name;
        }
    }
    return STR_NONE;
}

/* WeCom (wxwork) names itself after WeChat, but is nobody's WeChat account. */
enum upstream_app device_app(struct str user_agent) {
    if (has(user_agent, STR("MicroMessenger"))) {
        return has(user_agent, STR("wxwork")) ? UPSTREAM_APP_NONE : UPSTREAM_APP_WECHAT;
    }
    return has(user_agent, STR("AlipayClient")) ? UPSTREAM_APP_ALIPAY : UPSTREAM_APP_NONE;
}

struct str device_name(struct arena *arena, struct str user_agent) {
    struct str browser = find(browsers, ARRAY_LEN(browsers), user_agent);
    struct str system = find(systems, ARRAY_LEN(systems), user_agent);
    if (str_is_absent(browser) || str_is_absent(system)) {
        return str_or(browser, system);
    }
    return str_concat(arena, browser, STR(", "), system);
}
