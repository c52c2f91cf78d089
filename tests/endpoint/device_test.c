/* What a browser says of itself: which app it is in, and what a person would call it. */
#include "../../src/endpoint/web/device.h"

#include "base/arena.h"
#include "test.h"

#define ANDROID                                                                                                        \
    "Mozilla/5.0 (Linux; Android 14; HarmonyOS) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0 "      \
    "Mobile Safari/537.36 "

static void an_app_is_told_by_its_own_name(void **state) {
    static const struct {
        const char *agent;
        enum upstream_app app;
    } rows[] = {
        {"", UPSTREAM_APP_NONE},
        {ANDROID, UPSTREAM_APP_NONE},
        {ANDROID "XWEB/1260117 MMWEBSDK/20240404 MicroMessenger/8.0.50.2701(0x28003252) WeChat/arm64 NetType/WIFI "
                 "Language/zh_CN ABI/arm64",
         UPSTREAM_APP_WECHAT},
        {ANDROID "wxwork/4.1.22 MicroMessenger/7.0.1 NetType/WIFI Language/zh ColorScheme/Light", UPSTREAM_APP_NONE},
        {"MicroMessenger/7.0.1 wxworklocal/2.8", UPSTREAM_APP_NONE},
        {ANDROID
         "UCBS/3.22 NebulaSDK/1.8 Nebula AlipayDefined(nt:WIFI) AliApp(AP/10.6.8) AlipayClient/10.6.8 Language/zh-Hans",
         UPSTREAM_APP_ALIPAY},
        {"micromessenger/8.0", UPSTREAM_APP_NONE},
        {"MicroMessenge", UPSTREAM_APP_NONE},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(device_app(str_from(rows[i].agent)) == rows[i].app, rows[i].agent);
    }
    assert_int_equal(device_app(STR_NONE), UPSTREAM_APP_NONE);
}

static void a_browser_has_the_name_that_people_know(void **state) {
    static const struct {
        const char *agent, *name;
    } rows[] = {
        {ANDROID, "Chrome, HarmonyOS"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile/15E148 Safari/604.1",
         "Safari, iPhone"},
        {"curl/8 (Windows)", "Windows"},
    };
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_str(device_name(arena, str_from(rows[i].agent)), rows[i].name);
    }
    assert_true(str_is_absent(device_name(arena, STR("<script>"))));
}

RUN_TESTS(cmocka_unit_test(an_app_is_told_by_its_own_name), cmocka_unit_test(a_browser_has_the_name_that_people_know))
