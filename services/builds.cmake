# The builds of the sample services: services/NAME-BUILD beside services/NAME, from the same source,
# the frame too. Their flags come behind those of CMAKE_BUILD_TYPE, so they win.
#
#   service-NAME-BUILD   one program
#   service-NAME-builds  one service in every build, the plain one too
#   services-BUILD       every service in one build
#   services-all-builds  all of them: minutes
#
# They are made when they are asked for. What this compiler or this machine cannot do is in
# services/unbuilt.txt of the build folder with its reason ("BUILD: …", "NAME-BUILD: …"), which
# `leakcage compare` reads out, and its target fails with that reason.
include(CheckCCompilerFlag)
include(CheckCSourceCompiles)

# Name; flags of compiler and linker; flags of the linker alone.
#
# asan has no frame pointers: with them AddressSanitizer keeps every distinct stack as the race
# detector does, and json-tree grows by 24 KiB a request.
set(LEAKCAGE_BUILDS O0 O3 race asan ubsan hardened static)
set(LEAKCAGE_FLAGS_O0 -O0)
set(LEAKCAGE_FLAGS_O3 -O3)
set(LEAKCAGE_FLAGS_race -O2 -fsanitize=thread)
set(LEAKCAGE_FLAGS_asan -O2 -fsanitize=address -fomit-frame-pointer)
set(LEAKCAGE_FLAGS_ubsan -fsanitize=undefined)
set(LEAKCAGE_FLAGS_hardened -O2 -U_FORTIFY_SOURCE -fPIE)
set(LEAKCAGE_LINK_hardened -pie -Wl,-z,relro,-z,now)
# What else there may be: each is asked for.
set(LEAKCAGE_MAYBE_hardened
  -fstack-protector-strong -fstack-clash-protection -fcf-protection -mbranch-protection=standard)
set(LEAKCAGE_LINK_static -static)

# What a build cannot do without, and why it cannot be made.
set(LEAKCAGE_COMPILER "${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}")
set(LEAKCAGE_WHY_race
  "${LEAKCAGE_COMPILER} here has no ThreadSanitizer runtime (Debian: apt install libtsan2, or libclang-rt-dev for clang)")
set(LEAKCAGE_WHY_asan
  "${LEAKCAGE_COMPILER} here has no AddressSanitizer runtime (Debian: apt install libasan8, or libclang-rt-dev for clang)")
set(LEAKCAGE_WHY_ubsan
  "${LEAKCAGE_COMPILER} here has no UndefinedBehaviorSanitizer runtime (Debian: apt install libubsan1, or libclang-rt-dev for clang)")
set(LEAKCAGE_WHY_hardened "${LEAKCAGE_COMPILER} here does not link a program with RELRO and -pie")
set(LEAKCAGE_WHY_static
  "libc and libmicrohttpd are not both there as static libraries (Debian: apt install libc6-dev libmicrohttpd-dev)")

# TLS of libmicrohttpd, which no service switches on, takes libraries that have no static form.
find_library(LEAKCAGE_MICROHTTPD_STATIC NAMES libmicrohttpd.a HINTS ${MICROHTTPD_LIBRARY_DIRS})

# Does it link? Asked anew while it does not: the fix may have been made since.
function(leakcage_check_build BUILD)
  string(JOIN " " CMAKE_REQUIRED_FLAGS ${LEAKCAGE_FLAGS_${BUILD}})
  set(CMAKE_REQUIRED_LINK_OPTIONS ${LEAKCAGE_LINK_${BUILD}})
  set(program "int main(void) { return 0; }")
  if(BUILD STREQUAL static)
    set(CMAKE_REQUIRED_INCLUDES ${MICROHTTPD_INCLUDE_DIRS} ${CMAKE_CURRENT_SOURCE_DIR})
    set(CMAKE_REQUIRED_LIBRARIES ${LEAKCAGE_MICROHTTPD_STATIC} Threads::Threads)
    set(program "#include <microhttpd.h>
      #include \"common/no_tls.c\"
      int main(void) { return MHD_start_daemon(0, 0, 0, 0, 0, 0, MHD_OPTION_END) != 0; }")
  endif()
  if(NOT LEAKCAGE_HAVE_BUILD_${BUILD})
    unset(LEAKCAGE_HAVE_BUILD_${BUILD} CACHE)
  endif()
  check_c_source_compiles("${program}" LEAKCAGE_HAVE_BUILD_${BUILD})
endfunction()

# The level of fortification that compiler and C library both know.
function(leakcage_check_fortify)
  set(CMAKE_REQUIRED_FLAGS "-O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -Werror")
  check_c_source_compiles("#include <stdio.h>
    int main(void) { return puts(\"\") < 0; }" LEAKCAGE_HAVE_FORTIFY_3)
  set(level $<IF:$<BOOL:${LEAKCAGE_HAVE_FORTIFY_3}>,3,2>)
  set(LEAKCAGE_FLAGS_hardened ${LEAKCAGE_FLAGS_hardened} -D_FORTIFY_SOURCE=${level} PARENT_SCOPE)
endfunction()

set(LEAKCAGE_UNBUILT "")

# leakcage_service_unbuilt(NAME BUILD REASON): to be said before the service.
function(leakcage_service_unbuilt NAME BUILD REASON)
  set(LEAKCAGE_UNBUILT_${NAME}-${BUILD} "${REASON}" PARENT_SCOPE)
  set(LEAKCAGE_UNBUILT "${LEAKCAGE_UNBUILT}${NAME}-${BUILD}: ${REASON}\n" PARENT_SCOPE)
endfunction()

function(leakcage_service_write_unbuilt)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/services)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/services/unbuilt.txt
    CONTENT "${LEAKCAGE_UNBUILT}" @ONLY)
endfunction()

# A target that fails and says why.
function(leakcage_unbuilt_target TARGET REASON)
  add_custom_target(${TARGET}
    COMMAND ${CMAKE_COMMAND} -E echo "${TARGET}: ${REASON}"
    COMMAND ${CMAKE_COMMAND} -E false
    VERBATIM)
endfunction()

foreach(build ${LEAKCAGE_BUILDS})
  leakcage_check_build(${build})
  if(NOT LEAKCAGE_HAVE_BUILD_${build})
    set(LEAKCAGE_WHY_${build} "${LEAKCAGE_WHY_${build}}, then: cmake ${CMAKE_BINARY_DIR}")
    string(APPEND LEAKCAGE_UNBUILT "${build}: ${LEAKCAGE_WHY_${build}}\n")
    leakcage_unbuilt_target(services-${build} "${LEAKCAGE_WHY_${build}}")
  endif()
endforeach()

if(LEAKCAGE_HAVE_BUILD_hardened)
  leakcage_check_fortify()
  set(CMAKE_REQUIRED_FLAGS -Werror)
  foreach(flag ${LEAKCAGE_MAYBE_hardened})
    string(MAKE_C_IDENTIFIER "LEAKCAGE_HAVE_${flag}" have)
    check_c_compiler_flag(${flag} ${have})
    if(${have})
      list(APPEND LEAKCAGE_FLAGS_hardened ${flag})
    endif()
  endforeach()
  unset(CMAKE_REQUIRED_FLAGS)
endif()

add_custom_target(services-all-builds)

# The frame, once for each build, and what its programs have from it: the flags, the libraries, and
# a definition by which a service whose truth depends on its build can tell (SERVICE_BUILD_RACE).
foreach(build ${LEAKCAGE_BUILDS})
  if(NOT LEAKCAGE_HAVE_BUILD_${build})
    continue()
  endif()
  set(frame leakcage_service_frame-${build})
  string(TOUPPER ${build} definition)
  add_library(${frame} OBJECT EXCLUDE_FROM_ALL ${LEAKCAGE_SERVICE_FRAME})
  leakcage_service_options(${frame})
  target_compile_definitions(${frame} PUBLIC SERVICE_BUILD_${definition})
  target_compile_options(${frame} PUBLIC ${LEAKCAGE_FLAGS_${build}})
  target_link_options(${frame} INTERFACE ${LEAKCAGE_FLAGS_${build}} ${LEAKCAGE_LINK_${build}})
  if(build STREQUAL static)
    target_sources(${frame} PRIVATE common/no_tls.c)
    target_include_directories(${frame} PUBLIC ${MICROHTTPD_INCLUDE_DIRS})
    target_link_libraries(${frame} PUBLIC ${LEAKCAGE_MICROHTTPD_STATIC} Threads::Threads)
  else()
    target_link_libraries(${frame} PUBLIC PkgConfig::MICROHTTPD Threads::Threads)
  endif()
  add_custom_target(services-${build})
  add_dependencies(services-all-builds services-${build})
endforeach()

# leakcage_service_builds(NAME [LIBRARY...]): every build of NAME but the plain one.
function(leakcage_service_builds NAME)
  add_custom_target(service-${NAME}-builds)
  add_dependencies(service-${NAME}-builds service-${NAME})
  foreach(build ${LEAKCAGE_BUILDS})
    if(NOT LEAKCAGE_HAVE_BUILD_${build})
      leakcage_unbuilt_target(service-${NAME}-${build} "${LEAKCAGE_WHY_${build}}")
      continue()
    elseif(DEFINED LEAKCAGE_UNBUILT_${NAME}-${build})
      leakcage_unbuilt_target(service-${NAME}-${build} "${LEAKCAGE_UNBUILT_${NAME}-${build}}")
      continue()
    endif()
    leakcage_service_program(${NAME} ${NAME}-${build})
    set_target_properties(service-${NAME}-${build} PROPERTIES EXCLUDE_FROM_ALL ON)
    target_link_libraries(service-${NAME}-${build} PRIVATE leakcage_service_frame-${build} ${ARGN})
    add_dependencies(services-${build} service-${NAME}-${build})
    add_dependencies(service-${NAME}-builds service-${NAME}-${build})
  endforeach()
endfunction()
