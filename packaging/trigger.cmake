# After cpack has packed: the shared library's package has scripts that run ldconfig, which cpack
# writes and cannot be told not to. The trigger is what Debian has in their place.
find_program(dpkg_deb dpkg-deb REQUIRED)
foreach(package ${CPACK_PACKAGE_FILES})
  if(NOT package MATCHES "/libleakcage[0-9]+_[^/]*$")
    continue()
  endif()
  set(tree ${CPACK_TEMPORARY_DIRECTORY}/trigger)
  file(REMOVE_RECURSE ${tree})
  execute_process(COMMAND ${dpkg_deb} --raw-extract ${package} ${tree} COMMAND_ERROR_IS_FATAL ANY)
  file(REMOVE ${tree}/DEBIAN/postinst ${tree}/DEBIAN/postrm)
  execute_process(COMMAND ${dpkg_deb} --root-owner-group -Zxz --build ${tree} ${package}
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endforeach()
