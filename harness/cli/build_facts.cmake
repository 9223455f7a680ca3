# What `leakcage --version` says of its build, as a constant of the program (cli/build_facts.h). Asked
# at every build, because a commit is no input of the others; written only when it has changed.
#
# Included by CMakeLists.txt it makes the target leakcage-build-facts and sets BUILD_FACTS, its file;
# run by that target (cmake -P) it writes the file.
if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(BUILD_FACTS ${CMAKE_CURRENT_BINARY_DIR}/build_facts_made.c)
  if(LEAKCAGE_SANITIZE)
    set(sanitizers ${LEAKCAGE_SANITIZE})
  else()
    set(sanitizers none)
  endif()
  if(CMAKE_BUILD_TYPE)
    set(build_type ${CMAKE_BUILD_TYPE})
  else()
    set(build_type none)
  endif()
  string(JOIN ", " libraries "libcurl ${CURL_VERSION}" "libmicrohttpd ${MICROHTTPD_VERSION}"
    "cJSON ${CJSON_VERSION}" "libyaml ${YAML_VERSION}" "zlib ${ZLIB_VERSION}"
    "elfutils ${DW_VERSION}" "libcgroup ${CGROUP_VERSION}")
  add_custom_target(leakcage-build-facts
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${BUILD_FACTS} -DSOURCES=${CMAKE_SOURCE_DIR}
      -DCOMMIT=${LEAKCAGE_COMMIT} -DVERSION=${PROJECT_VERSION}
      "-DCOMPILER=${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}" -DTYPE=${build_type}
      -DPROCESSOR=${CMAKE_SYSTEM_PROCESSOR} -DSANITIZERS=${sanitizers} "-DLIBRARIES=${libraries}"
      -P ${CMAKE_CURRENT_LIST_FILE}
    BYPRODUCTS ${BUILD_FACTS}
    COMMENT "Facts of the build" VERBATIM)
  return()
endif()

# Of these sources, not of a repository that they were unpacked into.
if(NOT COMMIT AND EXISTS ${SOURCES}/.git)
  execute_process(COMMAND git describe --always --dirty=+ --abbrev=12 --exclude=*
    WORKING_DIRECTORY ${SOURCES} OUTPUT_VARIABLE COMMIT ERROR_QUIET
    OUTPUT_STRIP_TRAILING_WHITESPACE)
endif()
if(NOT COMMIT)
  set(COMMIT unknown)
endif()
string(REPLACE "+" ", changed since" COMMIT "${COMMIT}")
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
#include <features.h>

#include "cli/build_facts.h"

#define TEXT(word)  #word
#define VALUE(name) TEXT(name)
#ifdef __GLIBC__
#define C_LIBRARY "glibc " VALUE(__GLIBC__) "." VALUE(__GLIBC_MINOR__)
#else
#define C_LIBRARY "not glibc"
#endif

const struct build_facts build_facts = {
    .version = "@VERSION@",
    .commit = "@COMMIT@",
    .compiler = "@COMPILER@",
    .type = "@TYPE@",
    .processor = "@PROCESSOR@",
    .c_library = C_LIBRARY,
    .sanitizers = "@SANITIZERS@",
    .libraries = "@LIBRARIES@",
};
]])
