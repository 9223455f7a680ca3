# What reports are made of, as constants within the program (view/page_assets.h): the scripts and the
# style of this folder, and dygraphs.
find_file(DYGRAPHS_JS dygraph.min.js PATHS /usr/share/javascript/dygraphs NO_DEFAULT_PATH)
find_file(DYGRAPHS_CSS dygraph.min.css PATHS /usr/share/javascript/dygraphs NO_DEFAULT_PATH)
if(NOT DYGRAPHS_JS OR NOT DYGRAPHS_CSS)
  message(FATAL_ERROR "dygraph.min.js and dygraph.min.css are not in /usr/share/javascript/dygraphs "
    "(Debian: apt install libjs-dygraphs; elsewhere: -DDYGRAPHS_JS=FILE -DDYGRAPHS_CSS=FILE)")
endif()

# The order in which a page runs them: each uses those before it.
set(page_scripts base units theme rows ticks state flame_tree model underlay cursor panel gestures
  panels floors summary runs tables flame profiles explain live show)
list(TRANSFORM page_scripts REPLACE "(.+)" "${CMAKE_CURRENT_LIST_DIR}/\\1.js")

# page_asset(NAME TRIM FILE...): page_asset_NAME, of these files; trimmed or as they are.
function(page_asset name trim)
  set(output ${CMAKE_BINARY_DIR}/page/page_asset_${name}.c)
  string(REPLACE ";" "," inputs "${ARGN}")
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DNAME=page_asset_${name} -DINPUTS=${inputs} -DOUTPUT=${output}
      -DTRIM=${trim} -DTYPE=page_asset -DHEADER=view/page_assets.h
      -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/asset.cmake
    DEPENDS ${ARGN} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/asset.cmake
    COMMENT "Page: ${name}" VERBATIM)
  target_sources(harness_view PRIVATE ${output})
endfunction()

page_asset(dygraphs_js OFF ${DYGRAPHS_JS})
page_asset(dygraphs_css OFF ${DYGRAPHS_CSS})
page_asset(dygraphs_licence OFF ${CMAKE_CURRENT_LIST_DIR}/dygraphs-licence.txt)
page_asset(script ON ${page_scripts})
page_asset(style ON ${CMAKE_CURRENT_LIST_DIR}/page.css)
# Of the list that `leakcage serve` shows.
page_asset(list_script ON ${CMAKE_CURRENT_LIST_DIR}/list.js)
page_asset(list_style ON ${CMAKE_CURRENT_LIST_DIR}/list.css)
