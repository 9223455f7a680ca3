# cpack -G DEB: three packages. `make package` builds them from preset package, which builds the same
# bytes in every folder.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME leakcage)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "leakcage maintainers <maintainers@leakcage.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_COMPONENTS_ALL leakcage library development)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
  GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_SOURCE_DIR}/same_bytes.cmake)
set(CPACK_POST_BUILD_SCRIPTS ${CMAKE_CURRENT_SOURCE_DIR}/trigger.cmake)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)

set(CPACK_DEBIAN_LEAKCAGE_PACKAGE_NAME leakcage)
set(CPACK_DEBIAN_LEAKCAGE_PACKAGE_SECTION devel)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL aarch64)
  set(CPACK_DEBIAN_LEAKCAGE_PACKAGE_RECOMMENDS "libheaptrack, qemu-system-arm, xz-utils")
else()
  set(CPACK_DEBIAN_LEAKCAGE_PACKAGE_RECOMMENDS "libheaptrack, qemu-system-x86, xz-utils")
endif()
set(CPACK_DEBIAN_LEAKCAGE_PACKAGE_SUGGESTS
  "libjemalloc2, librsvg2-bin, podman")
set(CPACK_DEBIAN_LEAKCAGE_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_SOURCE_DIR}/postrm)
set(CPACK_COMPONENT_LEAKCAGE_DESCRIPTION "leakcage runs a service within a memory limit (cgroup v2), drives it with
load, and tells whether it leaks, is under pressure, gives memory back late,
or is fine; and, where it leaks, which lines took what stays.

It brings a catalogue of services whose memory behaviour is known. Where the
machine's own cgroups cannot serve, it measures in a small virtual machine,
whose kernel `leakcage vm prepare` fetches.")

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libleakcage${PROJECT_VERSION_MAJOR})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
# Which package a program that is linked with it needs, and that ldconfig is to look again.
set(soname ${PROJECT_VERSION_MAJOR})
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/shlibs
  "libleakcage ${soname} libleakcage${soname} (>= ${PROJECT_VERSION})\n")
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA
  ${CMAKE_CURRENT_BINARY_DIR}/shlibs ${CMAKE_CURRENT_BINARY_DIR}/triggers)
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "libleakcage calls a function over and over within a memory limit, and tells
whether it leaks, as the program leakcage does of services: for unit tests of
C and C++. This is the shared library.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libleakcage-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)
# What a static link takes comes with it (Libs.private of leakcage.pc).
string(CONCAT CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "libleakcage${PROJECT_VERSION_MAJOR} (= ${PROJECT_VERSION}), libc6-dev, libcjson-dev, "
  "libcurl4-openssl-dev, libcgroup-dev, libyaml-dev")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "libleakcage calls a function over and over within a memory limit, and tells
whether it leaks, as the program leakcage does of services: for unit tests of
C and C++. This is what such tests are built with.")

include(CPack)
