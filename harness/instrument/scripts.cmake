# What runs within a service, as constants within the program (instrument/script_door.h): scripts, and
# a library that one of them uses.
add_library(leakcage-python-sampler MODULE
  ${CMAKE_CURRENT_LIST_DIR}/scripts/python_sampler.c)
target_link_libraries(leakcage-python-sampler PRIVATE leakcage_warnings m)
set_target_properties(leakcage-python-sampler PROPERTIES
  PREFIX "" C_VISIBILITY_PRESET hidden LINK_FLAGS -s
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/scripts)

# script_text(NAME INPUT BINARY): script_text_NAME.
function(script_text name input binary)
  set(maker ${CMAKE_CURRENT_SOURCE_DIR}/page/asset.cmake)
  set(output ${CMAKE_BINARY_DIR}/scripts/script_text_${name}.c)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DNAME=script_text_${name} -DINPUTS=${input} -DOUTPUT=${output}
      -DTRIM=OFF -DBINARY=${binary} -DTYPE=script_text -DHEADER=instrument/script_door.h -P ${maker}
    DEPENDS ${input} ${maker}
    COMMENT "Script: ${name}" VERBATIM)
  target_sources(harness_instrument PRIVATE ${output})
endfunction()

script_text(node ${CMAKE_CURRENT_LIST_DIR}/scripts/node.js OFF)
script_text(python ${CMAKE_CURRENT_LIST_DIR}/scripts/python.py OFF)
script_text(sampler $<TARGET_FILE:leakcage-python-sampler> ON)
add_dependencies(harness_instrument leakcage-python-sampler)
