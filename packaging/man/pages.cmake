# The manual pages: leakcage-scenario(5) has its keys from the scenarios' schema, the others are as
# they lie here. tests/package/ holds them to the options and commands that there are.
set(keys ${CMAKE_CURRENT_BINARY_DIR}/leakcage-scenario.5)
add_custom_command(OUTPUT ${keys}
  COMMAND ${CMAKE_COMMAND} -DSCHEMA=${CMAKE_SOURCE_DIR}/scenarios/schema.json
    -DINPUT=${CMAKE_CURRENT_LIST_DIR}/leakcage-scenario.5.in -DOUTPUT=${keys}
    -P ${CMAKE_CURRENT_LIST_DIR}/scenario_keys.cmake
  DEPENDS ${CMAKE_SOURCE_DIR}/scenarios/schema.json ${CMAKE_CURRENT_LIST_DIR}/scenario_keys.cmake
    ${CMAKE_CURRENT_LIST_DIR}/leakcage-scenario.5.in
  VERBATIM)

file(GLOB pages CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.1)
set(packed "")
foreach(page ${pages} ${keys})
  get_filename_component(name ${page} NAME)
  string(REGEX MATCH "[0-9]$" section ${name})
  set(output ${CMAKE_CURRENT_BINARY_DIR}/man${section}/${name}.gz)
  file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/man${section})
  pack_gzip(${page} ${output})
  install(FILES ${output} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} COMPONENT leakcage)
  list(APPEND packed ${output})
endforeach()
add_custom_target(leakcage-man ALL DEPENDS ${packed})
