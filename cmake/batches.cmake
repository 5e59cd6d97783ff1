# Test files compiled several at a time, in a unity build. Helpers of test files share names, so CMake's own batches do not
# fit: here each file is in a namespace of its own, behind the headers of all of them.
#
# cmake -DBATCH=FILE -DSOURCES=LIST -P batches.cmake   writes a batch anew, where its files may include other headers.

# Writes `batch`, which includes the files that follow.
function(ouro_write_batch batch)
  set(headers "")
  set(bodies "")
  set(number 0)
  foreach(source IN LISTS ARGN)
    cmake_path(GET source PARENT_PATH folder)
    file(STRINGS "${source}" lines REGEX "^#include ")
    foreach(line IN LISTS lines)
      string(REGEX REPLACE "^#include [\"<]([^\">]+).*" "\\1" header "${line}")
      if(line MATCHES "\"" AND EXISTS "${folder}/${header}")  # beside the file itself
        set(line "#include \"${folder}/${header}\"")
      endif()
      list(APPEND headers "${line}")
    endforeach()
    math(EXPR number "${number} + 1")
    string(APPEND bodies "namespace file_${number} {\n#include \"${source}\"\n}\n")
  endforeach()
  list(REMOVE_DUPLICATES headers)
  list(JOIN headers "\n" headers)
  file(CONFIGURE OUTPUT "${batch}" CONTENT "${headers}\n\n${bodies}" @ONLY)
endfunction()

# Replaces the files of a program in the list `files` by batches of them. Files that open a named namespace, specialize a
# template, have conditions or replace an operator stay apart.
function(ouro_batches program files)
  set(apart "")
  set(together "")
  foreach(file IN LISTS ${files})
    cmake_path(ABSOLUTE_PATH file NORMALIZE OUTPUT_VARIABLE source)
    if(NOT file MATCHES "\\.cpp$")  # data, which the build may not have made yet
      list(APPEND apart "${file}")
      continue()
    endif()
    file(STRINGS "${source}" named REGEX "^(namespace [a-z][^=]*{|template (<>|class)|#if|int main|extern |void.*operator (new|delete))")
    if(named)
      list(APPEND apart "${file}")
    else()
      list(APPEND together "${source}")
    endif()
  endforeach()
  set(number 0)
  while(together)
    list(SUBLIST together 0 ${CMAKE_UNITY_BUILD_BATCH_SIZE} sources)
    list(REMOVE_ITEM together ${sources})
    # CMake's name for such a file, by which tools know it.
    set(batch "${CMAKE_CURRENT_BINARY_DIR}/batches/${program}/unity_${number}_cxx.cxx")
    ouro_write_batch("${batch}" ${sources})
    add_custom_command(OUTPUT "${batch}" DEPENDS ${sources} VERBATIM COMMENT ""
      COMMAND ${CMAKE_COMMAND} "-DBATCH=${batch}" "-DSOURCES=${sources}" -P ${PROJECT_SOURCE_DIR}/cmake/batches.cmake)
    list(APPEND apart "${batch}")
    math(EXPR number "${number} + 1")
  endwhile()
  set(${files} "${apart}" PARENT_SCOPE)
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
  cmake_policy(VERSION 3.25)
  ouro_write_batch("${BATCH}" ${SOURCES})
endif()
