#include "report/ci_sarif.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json_writer.h"
#include "report/ci_rules.h"
#include "report/ci_text.h"

#define SARIF_TEXT_MAX ((size_t)1024 * 1024)

/* NULL: it is no result. */
static const char *sarif_level(const struct ci_case *item)
{
    switch (item->status) {
    case CI_FAILED:
    case CI_ERROR:
        return "error";
    case CI_UNDECIDED:
        return "warning";
    default:
        return NULL;
    }
}

/* The rule of a result: one that nobody knows is another verdict, or a failure. */
static size_t sarif_rule(const struct ci_case *item)
{
    size_t index = 0;
    if (!ci_rule_find(item->rule, &index))
        ci_rule_find(item->status == CI_FAILED      ? "verdict"
                     : item->status == CI_UNDECIDED ? "undecided"
                                                    : "failed",
                     &index);
    return index;
}

/* {"text": …} of one text after another, each harmless. */
static int sarif_message(struct json_writer *writer, const char *key, const char *const *texts,
                         struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(SARIF_TEXT_MAX);
    struct ci_writer plain;
    ci_begin(&plain, &text);
    for (bool first = true; *texts != NULL; texts++, first = false) {
        ci_put(&plain, first ? "" : "\n");
        ci_text(&plain, *texts, "\n", NULL);
    }
    if (ci_end(&plain, err) < 0)
        return -1;
    json_write_object(writer, key);
    json_write_text(writer, "text", text.length > 0 ? buffer_text(&text) : "(it did not say why)");
    json_write_close_object(writer);
    return 0;
}

static void sarif_rules(struct json_writer *writer)
{
    json_write_array(writer, "rules");
    for (size_t i = 0; i < n_ci_rules; i++) {
        const struct ci_rule *rule = &ci_rules[i];
        json_write_object(writer, NULL);
        json_write_text(writer, "id", rule->id);
        json_write_text(writer, "name", rule->name);
        json_write_object(writer, "shortDescription");
        json_write_text(writer, "text", rule->title);
        json_write_close_object(writer);
        json_write_object(writer, "fullDescription");
        json_write_text(writer, "text", rule->text);
        json_write_close_object(writer);
        json_write_object(writer, "help");
        json_write_text(writer, "text", rule->help);
        json_write_text(writer, "markdown", rule->help);
        json_write_close_object(writer);
        json_write_object(writer, "defaultConfiguration");
        json_write_text(writer, "level", rule->level);
        json_write_close_object(writer);
        json_write_object(writer, "properties");
        json_write_array(writer, "tags");
        json_write_text(writer, NULL, "memory");
        json_write_close_array(writer);
        json_write_text(writer, "precision", "very-high");
        json_write_text(writer, "problem.severity", rule->level);
        json_write_close_object(writer);
        json_write_close_object(writer);
    }
    json_write_close_array(writer);
}

static void sarif_driver(struct json_writer *writer, const struct ci_report *report)
{
    json_write_object(writer, "tool");
    json_write_object(writer, "driver");
    json_write_text(writer, "name", "leakcage");
    json_write_text(writer, "fullName", report->name);
    json_write_text(writer, "version", report->version);
    json_write_text(writer, "semanticVersion", report->version);
    sarif_rules(writer);
    json_write_close_object(writer);
    json_write_close_object(writer);
}

/* A path as a URI: what is not unreserved (RFC 3986) is percent-encoded, byte by byte. */
static int sarif_uri(const char *path, struct buffer *uri, struct error *err)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    if (path[0] == '/' && buffer_append_text(uri, "file://", err) < 0)
        return -1;
    for (; *path != '\0'; path++) {
        int status = strchr(plain, *path) != NULL
                         ? buffer_append(uri, path, 1, err)
                         : buffer_printf(uri, err, "%%%02X", (unsigned)(unsigned char)*path);
        if (status < 0)
            return -1;
    }
    return 0;
}

static int sarif_location(struct json_writer *writer, const struct ci_report *report,
                          const struct ci_case *item, struct error *err)
{
    CLEANUP(buffer_done) struct buffer file = BUFFER_INIT(65536);
    CLEANUP(buffer_done) struct buffer uri = BUFFER_INIT((size_t)4 * 65536);
    if (ci_file(report, item, &file, err) < 0 ||
        sarif_uri(file.length > 0 ? buffer_text(&file) : item->id, &uri, err) < 0)
        return -1;
    json_write_array(writer, "locations");
    json_write_object(writer, NULL);
    unsigned line = item->file != NULL && item->line > 0 ? item->line : 1;
    json_write_object(writer, "physicalLocation");
    json_write_object(writer, "artifactLocation");
    json_write_text(writer, "uri", buffer_text(&uri));
    json_write_close_object(writer);
    json_write_object(writer, "region");
    json_write_u64(writer, "startLine", line);
    json_write_u64(writer, "startColumn", 1);
    json_write_u64(writer, "endLine", line);
    json_write_close_object(writer);
    json_write_close_object(writer);
    json_write_array(writer, "logicalLocations");
    json_write_object(writer, NULL);
    json_write_text(writer, "fullyQualifiedName", item->id);
    json_write_close_object(writer);
    json_write_close_array(writer);
    json_write_close_object(writer);
    json_write_close_array(writer);
    return 0;
}

static uint64_t sarif_hash(uint64_t hash, const char *text)
{
    /* FNV-1a, with the NUL, so that "a" "b" is not "ab". */
    for (const char *byte = text != NULL ? text : "";; byte++) {
        hash = (hash ^ (unsigned char)*byte) * 0x100000001b3;
        if (*byte == '\0')
            return hash;
    }
}

/* GitHub knows a finding again by primaryLocationLineHash alone, "HASH:NUMBER". */
static void sarif_fingerprints(struct json_writer *writer, const struct ci_case *item)
{
    char text[32];
    uint64_t hash = sarif_hash(0xcbf29ce484222325, item->id);
    hash = sarif_hash(hash, ci_rules[sarif_rule(item)].id);
    json_write_object(writer, "partialFingerprints");
    snprintf(text, sizeof(text), "%016" PRIx64 ":1", hash);
    json_write_text(writer, "primaryLocationLineHash", text);
    snprintf(text, sizeof(text), "%016" PRIx64, hash);
    json_write_text(writer, "leakcageCase/v1", text);
    json_write_close_object(writer);
}

static void sarif_numbers(struct json_writer *writer, const struct ci_case *item)
{
    json_write_object(writer, "properties");
    json_write_text(writer, "scenario", item->scenario);
    json_write_text(writer, "variant", item->variant);
    json_write_text(writer, "build", item->build);
    json_write_text(writer, "allocator", item->allocator);
    json_write_text(writer, "run", item->run);
    json_write_text(writer, "verdict", item->verdict);
    json_write_text(writer, "cause", item->cause);
    json_write_object(writer, "figures");
    for (size_t k = 0; k < item->n_metrics; k++) {
        const struct ci_metric *metric = &item->metrics[k];
        json_write_object(writer, metric->name);
        json_write_double(writer, "value", metric->value);
        if (metric->has_baseline)
            json_write_double(writer, "baseline", metric->baseline);
        if (metric->has_allowed)
            json_write_double(writer, "allowed", metric->allowed);
        json_write_close_object(writer);
    }
    json_write_close_object(writer);
    json_write_close_object(writer);
}

static int sarif_result(struct json_writer *writer, const struct ci_report *report,
                        const struct ci_case *item, struct error *err)
{
    const char *const texts[] = {item->message != NULL ? item->message : "", item->details, NULL};
    size_t rule = sarif_rule(item);
    json_write_object(writer, NULL);
    json_write_text(writer, "ruleId", ci_rules[rule].id);
    json_write_u64(writer, "ruleIndex", rule);
    json_write_text(writer, "level", sarif_level(item));
    if (sarif_message(writer, "message", texts, err) < 0 ||
        sarif_location(writer, report, item, err) < 0)
        return -1;
    sarif_fingerprints(writer, item);
    sarif_numbers(writer, item);
    json_write_close_object(writer);
    return 0;
}

static int sarif_run(struct json_writer *writer, const struct ci_report *report, struct error *err)
{
    bool successful = true;
    for (size_t i = 0; i < report->n_cases; i++)
        successful = successful && report->cases[i].status != CI_ERROR;
    json_write_object(writer, NULL);
    sarif_driver(writer, report);
    json_write_array(writer, "invocations");
    json_write_object(writer, NULL);
    json_write_bool(writer, "executionSuccessful", successful);
    json_write_close_object(writer);
    json_write_close_array(writer);
    json_write_text(writer, "columnKind", "unicodeCodePoints");
    json_write_array(writer, "results");
    for (size_t i = 0; i < report->n_cases; i++)
        if (sarif_level(&report->cases[i]) != NULL &&
            sarif_result(writer, report, &report->cases[i], err) < 0)
            return -1;
    json_write_close_array(writer);
    json_write_object(writer, "properties");
    json_write_text(writer, "summary", report->summary);
    json_write_u64(writer, "cases", report->n_cases);
    json_write_close_object(writer);
    json_write_close_object(writer);
    return 0;
}

int ci_sarif_write(const struct ci_report *report, struct buffer *out, struct error *err)
{
    struct json_writer writer;
    json_writer_begin(&writer, out);
    json_write_object(&writer, NULL);
    json_write_text(&writer, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    json_write_text(&writer, "version", "2.1.0");
    json_write_array(&writer, "runs");
    if (sarif_run(&writer, report, err) < 0)
        return -1;
    json_write_close_array(&writer);
    json_write_close_object(&writer);
    return json_writer_end(&writer, err);
}
