/* Templates of an operator's own. */
#include "../../src/endpoint/web/template.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct template_node *first;
    struct fault fault;
    template_read(arena, str_of(data, size), STR("fuzz"), &first, &fault);
    return 0;
}
