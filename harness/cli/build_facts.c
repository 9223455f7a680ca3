#include "cli/build_facts.h"

void build_facts_print(const struct build_facts *facts, const char *curl, FILE *out)
{
    fprintf(out,
            "leakcage %s\n"
            "commit      %s\n"
            "compiler    %s\n"
            "build type  %s\n"
            "processor   %s\n"
            "C library   %s\n"
            "sanitizers  %s\n"
            "built with  %s\n"
            "runs with   libcurl %s\n",
            facts->version, facts->commit, facts->compiler, facts->type, facts->processor,
            facts->c_library, facts->sanitizers, facts->libraries, curl);
}
