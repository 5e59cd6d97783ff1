# cmake -DPROGRAM=… -DFOLDER=… -DSCRATCH=… -P compare_files.cmake: fails where the files of FOLDER are not what the
# program writes.

file(REMOVE_RECURSE ${SCRATCH})
file(MAKE_DIRECTORY ${SCRATCH})
execute_process(COMMAND ${PROGRAM} ${SCRATCH} COMMAND_ERROR_IS_FATAL ANY)
file(GLOB kept RELATIVE ${FOLDER} ${FOLDER}/*)
file(GLOB written RELATIVE ${SCRATCH} ${SCRATCH}/*)
if(NOT kept STREQUAL written)
  message(FATAL_ERROR "${FOLDER} has other files than the program writes: ${written}")
endif()
foreach(file IN LISTS kept)
  file(READ ${FOLDER}/${file} old)
  file(READ ${SCRATCH}/${file} new)
  if(NOT old STREQUAL new)
    message(FATAL_ERROR "${file} is out of date. Write it anew:\n    ${PROGRAM} ${FOLDER}")
  endif()
endforeach()
