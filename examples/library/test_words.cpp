// The same from C++, without a test framework: 77 is how ctest and automake are told of a skip.
#include <leakcage.h>

#include <cstdio>
#include <string>

extern "C" {
#include "words.h"
}

int main()
{
    std::string line = "say \"good morning";
    leakcage_options options = {};
    options.calls = 10000;
    options.limit_bytes = 32 << 20;
    auto split_once = [](void *context) {
        words_free(words_split(static_cast<std::string *>(context)->c_str()));
        return 0;
    };
    leakcage_result result;
    if (leakcage_check(split_once, &line, &options, &result) == 0)
        return 0;
    std::fprintf(stderr, "%s\n", result.reason);
    return result.verdict == LEAKCAGE_UNAVAILABLE ? 77 : 1;
}
