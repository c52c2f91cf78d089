/* Configuration files. */
#include "config/yaml.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct config_problems problems = {.arena = arena};
    const struct yaml *root;
    bool fine = yaml_parse(arena, str_of(data, size), STR("fuzz"), &root, &problems);
    CHECK(fine == (problems.count == 0));
    return 0;
}
