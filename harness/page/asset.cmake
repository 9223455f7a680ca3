# Texts in order as a constant of C: cmake -DNAME=… -DINPUTS="a,b" -DOUTPUT=… -DTRIM=… -P asset.cmake
# (of this -DTYPE=… in this -DHEADER=…); -DBINARY=ON: the one file as it is, whatever is in it.
# With TRIM, without the spaces that lines begin with and without lines that are comments: every page
# has them all within it. What would end the element that a text is put into stops the build.
string(REPLACE "," ";" inputs "${INPUTS}")
set(text "")
if(BINARY)
  file(READ ${inputs} bytes HEX)
  set(inputs "")
endif()
foreach(input ${inputs})
  file(READ ${input} piece)
  # There are no maps in a page, and a browser would look for them.
  string(REGEX REPLACE "(//|/\\*)# sourceMappingURL=[^\n]*" "" piece "${piece}")
  string(TOLOWER "${piece}" lower)
  if(lower MATCHES "</(script|style)|<!--")
    message(FATAL_ERROR "${input} holds \"${CMAKE_MATCH_0}\", which would end it in a page")
  endif()
  string(APPEND text "${piece}\n")
endforeach()
if(TRIM)
  string(REGEX REPLACE "\n +" "\n" text "\n${text}")
  # Of a comment of several lines all but the first begin with an asterisk; code never does.
  string(REGEX REPLACE "\n(/\\*|\\* |\\*/)[^\n]*" "\n" text "${text}")
  string(REGEX REPLACE "\n\\*\n" "\n\n" text "${text}")
  string(REGEX REPLACE "\n\n+" "\n" text "${text}")
endif()
if(NOT BINARY)
  string(HEX "${text}" bytes)
endif()
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(................................................................................)"
  "\\1\n" bytes "${bytes}")
file(WRITE ${OUTPUT} "#include \"${HEADER}\"\n
static const unsigned char bytes[] = {\n${bytes}0};
const struct ${TYPE} ${NAME} = {(const char *)bytes, sizeof(bytes) - 1};\n")
