# cmake -P check_snippets.cmake   fails where a program in a page differs from the tested file that it is taken from.
#
# In these pages a comment stands above each block of C++ and names a file and a region of it:
#
#     <!-- tests/docs/readme.cpp [program] -->
#
# The region is what is between the lines `// [program]` and `// [/program]`, without their indentation.
cmake_minimum_required(VERSION 3.25)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)

set(pages
  README.md
  docs/behaviors.md
  docs/emulation.md
  docs/following.md
  docs/own-protocol.md
  docs/threads.md
  docs/tutorial.md)

set(faults "")

# The region of a file, or an empty text.
function(find_region file name result)
  set(${result} "" PARENT_SCOPE)
  if(NOT EXISTS "${root}/${file}")
    return()
  endif()
  file(READ "${root}/${file}" text)
  string(PREPEND text "\n")
  if(NOT text MATCHES "\n( *)// \\[${name}\\]\n")
    return()
  endif()
  set(indent "${CMAKE_MATCH_1}")
  string(LENGTH "${CMAKE_MATCH_0}" length)
  string(FIND "${text}" "${CMAKE_MATCH_0}" begin)
  string(FIND "${text}" "\n${indent}// [/${name}]\n" end)
  math(EXPR begin "${begin} + ${length}")
  math(EXPR length "${end} - ${begin}")
  if(length LESS 1)
    return()
  endif()
  string(SUBSTRING "${text}" ${begin} ${length} text)
  string(PREPEND text "\n")
  string(REPLACE "\n${indent}" "\n" text "${text}")
  string(SUBSTRING "${text}" 1 -1 text)
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

foreach(page IN LISTS pages)
  file(READ "${root}/${page}" text)
  set(blocks 0)
  while(TRUE)
    string(FIND "${text}" "\n```cpp\n" begin)
    if(begin EQUAL -1)
      break()
    endif()
    math(EXPR blocks "${blocks} + 1")
    string(SUBSTRING "${text}" 0 ${begin} before)
    math(EXPR begin "${begin} + 8")
    string(SUBSTRING "${text}" ${begin} -1 text)
    string(FIND "${text}" "\n```\n" end)
    string(SUBSTRING "${text}" 0 ${end} snippet)
    math(EXPR end "${end} + 4")
    string(SUBSTRING "${text}" ${end} -1 text)
    if(NOT before MATCHES "<!-- ([^ \n]+) \\[([a-z_]+)\\] -->$")
      list(APPEND faults "${page}: block ${blocks} names no file and region")
      continue()
    endif()
    set(file "${CMAKE_MATCH_1}")
    set(name "${CMAKE_MATCH_2}")
    find_region("${file}" "${name}" region)
    if(region STREQUAL "")
      list(APPEND faults "${page}: there is no region [${name}] in ${file}")
    elseif(NOT region STREQUAL snippet)
      list(APPEND faults "${page}: block ${blocks} differs from [${name}] in ${file}")
    endif()
  endwhile()
  if(blocks EQUAL 0)
    list(APPEND faults "${page}: there is no block of C++")
  endif()
endforeach()

if(faults)
  list(JOIN faults "\n  " faults)
  message(FATAL_ERROR "in the pages:\n  ${faults}")
endif()
