/*
 * The command line read by a table, and what help and completion make of the same table.
 */
#include "args.h"
#include "help.h"
#include "test.h"

static int run(struct call *call) {
    return call == NULL;
}

static int run_raw(int argc, char **argv) {
    return argc + (argv == NULL);
}

static const struct command thing_commands[] = {
    {
        .verb = "list",
        .help = "all things",
        .example = "thing list --state draft",
        .options = {OPT_CLIENT_STATE, OPT_LIMIT},
        .run = run,
    },
    {
        .verb = "add",
        .help = "a new thing",
        .more = "It is kept for good.",
        .example = "thing add --name x A",
        .arguments = {{.name = "ID"}, {.name = "FILE", .optional = true, .takes = TAKES_FILE}},
        .options = {OPT_NAME, OPT_REDIRECT_URI, OPT_SANDBOX, OPT_METADATA},
        .required = {OPT_NAME},
        .run = run,
    },
};
static const struct command serve_commands[] = {{
    .help = "serve",
    .arguments = {{.name = "FILE", .optional = true, .takes = TAKES_FILE}},
    .without_json = true,
    .run = run,
}};
static const struct command other_commands[] = {{.help = "reads by itself", .raw = run_raw}};
static const struct command try_commands[] = {{
    .help = "try",
    .arguments = {{.name = "FILE", .optional = true, .takes = TAKES_FILE}, {.name = "NAME"}},
    .run = run,
}};
static const struct command complete_commands[] = {{
    .help = "complete",
    .arguments = {{.name = "SHELL", .takes = TAKES_WORD, .words = "bash|zsh"}},
    .without_config = true,
    .without_json = true,
    .run = run,
}};
static const struct noun noun_rows[] = {
    {"thing", "things", thing_commands, ARRAY_LEN(thing_commands)},
    {"serve", "the server", serve_commands, ARRAY_LEN(serve_commands)},
    {"other", "another", other_commands, ARRAY_LEN(other_commands)},
    {"try", "a trial", try_commands, ARRAY_LEN(try_commands)},
    {"complete", "completion", complete_commands, ARRAY_LEN(complete_commands)},
};
static const struct nouns nouns = {noun_rows, ARRAY_LEN(noun_rows)};

#define WORDS_MOST 12

struct fixture {
    struct arena *arena;
    struct typed typed;
    struct fault fault;
};

/* `line`: words separated by |. */
static bool read_line(struct fixture *fixture, const char *line) {
    char *argv[WORDS_MOST];
    size_t count = 0;
    for (struct str rest = str_from(line); !str_is_absent(rest) && count < WORDS_MOST && line[0] != '\0';) {
        argv[count++] = str_c(fixture->arena, str_cut(rest, '|', &rest));
    }
    fixture->fault.text[0] = '\0';
    return args_read(&nouns, fixture->arena, count, argv, &fixture->typed, &fixture->fault);
}

static void accepted(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct fixture fixture = {.arena = arena};
    assert_true(read_line(&fixture, "thing|add|--name|n|--redirect-uri=a=b|--redirect-uri|c|ID|--sandbox|f|--json"));
    const struct typed *typed = &fixture.typed;
    assert_ptr_equal(typed->command, &thing_commands[1]);
    assert_str(typed->arguments[0], "ID");
    assert_str(typed->arguments[1], "f");
    assert_str(typed->options[OPT_NAME].values[0], "n");
    assert_int_equal(typed->options[OPT_REDIRECT_URI].count, 2);
    assert_str(typed->options[OPT_REDIRECT_URI].values[0], "a=b");
    assert_str(typed->options[OPT_REDIRECT_URI].values[1], "c");
    assert_int_equal(typed->options[OPT_SANDBOX].count, 1);
    assert_int_equal(typed->options[OPT_JSON].count, 1);
    assert_int_equal(typed->options[OPT_LIMIT].count, 0);

    assert_true(read_line(&fixture, "thing|add|--name=|--|--sandbox"));
    assert_str(typed->arguments[0], "--sandbox"); /* behind -- nothing is an option */
    assert_str(typed->options[OPT_NAME].values[0], "");
    assert_true(read_line(&fixture, "thing|list|--limit|-5|--state|draft"));
    assert_true(read_line(&fixture, "thing|add|--name|--json|-"));
    assert_str(typed->options[OPT_NAME].values[0], "--json");
    assert_true(read_line(&fixture, "thing|add|--name|n|-5"));
    assert_str(typed->arguments[0], "-5");
    assert_true(read_line(&fixture, "thing|add|--name|n|-aWXlKWgvACrzHqzMDR4QQ")); /* an id */
    assert_str(typed->arguments[0], "-aWXlKWgvACrzHqzMDR4QQ");
    assert_true(read_line(&fixture, "thing|add|--name|n|--|--WXlKWgvACrzHqzMDR4QQ"));
    assert_str(typed->arguments[0], "--WXlKWgvACrzHqzMDR4QQ");
    assert_true(read_line(&fixture, "serve"));
    assert_true(str_is_absent(typed->arguments[0]));
    assert_true(read_line(&fixture, "other|--anything|\xff"));
    assert_true(read_line(&fixture, "complete|zsh"));
}

/* [FILE] NAME */
static void one_alone_is_the_one_that_is_needed(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct fixture fixture = {.arena = arena};
    const struct typed *typed = &fixture.typed;
    assert_true(read_line(&fixture, "try|population"));
    assert_true(str_is_absent(typed->arguments[0]));
    assert_str(typed->arguments[1], "population");
    assert_true(read_line(&fixture, "try|tongxing.yaml|population"));
    assert_str(typed->arguments[0], "tongxing.yaml");
    assert_str(typed->arguments[1], "population");
    assert_false(read_line(&fixture, "try"));
    assert_string_equal(fixture.fault.text, "NAME is missing");
    assert_false(read_line(&fixture, "try|a|b|c"));
}

static void refused(void **state) {
    static const struct {
        const char *line, *says;
    } rows[] = {
        {"", "a command is missing"},
        {"thign", "there is no thign; did you mean thing?"},
        {"thi", "there is no thi; did you mean thing?"},
        {"quite-something-else", "there is no quite-something-else"},
        {"thing", "thing needs a verb"},
        {"thing|lsit", "thing lsit is not known; did you mean list? It is list or add"},
        {"thing|melt", "thing melt is not known; it is list or add"},
        {"thing|list|--limti|1", "there is no --limti; did you mean --limit?"},
        {"thing|list|--name|x", "there is no --name (an argument that begins with -- is written behind a --)"},
        {"thing|list|-n", "there is no -n: options have two dashes and a whole word"},
        {"thing|list|--limit", "--limit needs N"},
        {"thing|list|--limit|x1", "--limit: x1 is not a whole number"},
        {"thing|list|--limit|99999999999999999999", "--limit: 99999999999999999999 is not a whole number"},
        {"thing|list|--limit=1|--limit=2", "--limit is given twice"},
        {"thing|list|--state|melted", "--state: melted is not one of draft|submitted|approved|suspended|retired"},
        {"thing|list|--json=yes", "--json takes no value"},
        {"thing|list|x", "x is one argument too many"},
        {"thing|add|--name|n", "ID is missing"},
        {"thing|add|x", "--name is missing"},
        {"thing|add|--name|n|--metadata=|x", "--metadata is empty"},
        {"thing|add|--name|\x1b[31mred|x", "\\x1b[31mred is not UTF-8 without control characters"},
        {"thing|add|--name|a\xc2\x9b"
         "2J|x",
         "a\\x9b2J is not UTF-8 without control characters"},
        {"thing|add|\xff\xfe", "\\xff\\xfe is not UTF-8 without control characters"},
        {"thing|\x1b]0;x", "thing \\x1b]0;x is not known; it is list or add"},
        {"\x1b]0;x", "there is no \\x1b]0;x"},
        {"serve|a|b", "b is one argument too many"},
        {"serve|--json", "there is no --json (an argument that begins with -- is written behind a --)"},
        {"complete", "SHELL is missing"},
        {"complete|fish", "SHELL: fish is not one of bash|zsh"},
    };
    struct arena *arena ARENA_AUTO = arena_new();
    struct fixture fixture = {.arena = arena};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(!read_line(&fixture, rows[i].line), rows[i].line);
        if (strcmp(fixture.fault.text, rows[i].says) != 0) {
            print_error("got \"%s\"\n", fixture.fault.text);
        }
        assert_row(strcmp(fixture.fault.text, rows[i].says) == 0, rows[i].line);
    }
}

static void long_ones(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct fixture fixture = {.arena = arena};
    char *huge = arena_alloc(arena, ARGUMENT_BYTES_MOST + 2);
    memset(huge, 'a', ARGUMENT_BYTES_MOST + 1);
    char thing[] = "thing", list[] = "list";
    char *argv[] = {thing, list, huge};
    assert_false(args_read(&nouns, arena, 3, argv, &fixture.typed, &fixture.fault));
    assert_string_equal(fixture.fault.text, "an argument is longer than 65536 bytes");
    argv[1] = huge; /* as a verb */
    assert_false(args_read(&nouns, arena, 2, argv, &fixture.typed, &fixture.fault));
    assert_true(strlen(fixture.fault.text) < 200);
    char add[] = "add", option[] = "--redirect-uri=x";
    char *many[OPTION_VALUES_MOST + 3] = {thing, add};
    for (size_t i = 2; i < ARRAY_LEN(many); i++) {
        many[i] = option;
    }
    assert_false(args_read(&nouns, arena, ARRAY_LEN(many), many, &fixture.typed, &fixture.fault));
    assert_string_equal(fixture.fault.text, "--redirect-uri is given more than 64 times");
}

static void asks_for_help(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct fixture fixture = {.arena = arena};
    assert_true(read_line(&fixture, "--help"));
    assert_true(fixture.typed.help && !fixture.typed.noun);
    assert_true(read_line(&fixture, "thing|-h"));
    assert_true(fixture.typed.help && fixture.typed.noun && !fixture.typed.command);
    assert_true(read_line(&fixture, "thing|add|--name|x|--help|--nonsense"));
    assert_true(fixture.typed.help && fixture.typed.command == &thing_commands[1]);
}

static struct str written(struct arena *arena, const struct command *command) {
    struct buf buf;
    buf_init(&buf, arena, 1024, HELP_MOST);
    help_write_command(&noun_rows[0], command, &buf);
    return buf_str(&buf);
}

static void help_says_all(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    const char *text = str_c(arena, written(arena, &thing_commands[1]));
    assert_non_null(strstr(text, "usage: tongxing thing add --name NAME ID [FILE] [OPTION…]\n"));
    assert_non_null(strstr(text, "\nIt is kept for good.\n"));
    assert_non_null(strstr(text, "  --redirect-uri URI"));
    assert_non_null(strstr(text, "  --json "));
    assert_non_null(strstr(text, "\nexample: tongxing thing add --name x A\n"));
    text = str_c(arena, written(arena, &thing_commands[0]));
    assert_non_null(strstr(text, "draft|submitted|approved|suspended|retired: only those in"));
}

static void completion_knows_the_table(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct buf buf;
    buf_init(&buf, arena, 1024, HELP_MOST);
    completion_write_bash(&nouns, &buf);
    const char *text = str_c(arena, buf_str(&buf));
    assert_non_null(strstr(text, "compgen -W 'thing serve other try complete'"));
    assert_non_null(strstr(text, "    thing) verbs='list add' ;;\n"));
    assert_non_null(strstr(text, "'thing list') options='--config --json --help --limit --state'"));
    assert_non_null(strstr(text, "'thing list --state') words='draft submitted approved suspended retired' ;;"));
    assert_non_null(strstr(text, "'thing add --metadata') files=1 ;;"));
}

RUN_TESTS(cmocka_unit_test(accepted), cmocka_unit_test(one_alone_is_the_one_that_is_needed), cmocka_unit_test(refused),
          cmocka_unit_test(long_ones), cmocka_unit_test(asks_for_help), cmocka_unit_test(help_says_all),
          cmocka_unit_test(completion_knows_the_table))
