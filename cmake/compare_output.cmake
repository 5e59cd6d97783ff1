# cmake -DPROGRAM=… -DFILE=… -P compare_output.cmake: fails where the file is not what the program prints.

execute_process(COMMAND ${PROGRAM} OUTPUT_VARIABLE printed COMMAND_ERROR_IS_FATAL ANY)
file(READ ${FILE} kept)
if(NOT printed STREQUAL kept)
  message(FATAL_ERROR "${FILE} is out of date. Print it anew:\n    ${PROGRAM} > ${FILE}")
endif()
