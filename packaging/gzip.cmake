# pack_gzip(INPUT OUTPUT): a command that packs it. gzip writes no name and no time, so that the same
# input is the same bytes. Run as a script (cmake -P), it is that command.
if(CMAKE_SCRIPT_MODE_FILE)
  execute_process(COMMAND ${GZIP} -9nc ${INPUT} OUTPUT_FILE ${OUTPUT} COMMAND_ERROR_IS_FATAL ANY)
  return()
endif()

find_program(LEAKCAGE_GZIP gzip REQUIRED)

function(pack_gzip input output)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DGZIP=${LEAKCAGE_GZIP} -DINPUT=${input} -DOUTPUT=${output}
      -P ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
    DEPENDS ${input} VERBATIM)
endfunction()
