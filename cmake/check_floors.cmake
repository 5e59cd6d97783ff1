# cmake -P check_floors.cmake   fails where a file includes one of a room that is not below its own.
#
# A room is the first folder of a path below include/ouro and src. A file may include those of its own room, those of
# lower floors, and of its own floor what stands in `beside`.
cmake_minimum_required(VERSION 3.25)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)

set(floor_0 base)
set(floor_1 cbor)
set(floor_2 async mux)
set(floor_3 names protocol)
set(floor_4 dmq n2c n2n)
set(floor_5 behavior chain emulation interface)
set(floor_6 manager)
set(floor_7 program)
set(floor_8 feed ouro)  # ouro.hpp, which includes what a program usually needs

# Headers that stand in no folder.
set(room_of_format.hpp ouro)
set(room_of_manager.hpp manager)
set(room_of_ouro.hpp ouro)
set(room_of_spdlog.hpp ouro)
set(room_of_version.hpp base)

# Who may include whom on the same floor: a room, and a room or a header.
set(beside
  "emulation behavior"
  "emulation interface/concept.hpp"
  "names protocol/peer_sharing.hpp")

# Rooms that may include less than their floor allows: a room, and all that it may include.
set(only
  "async base")

# --- the check --------------------------------------------------------------------------------------------------------

set(floors 0 1 2 3 4 5 6 7 8)
foreach(floor IN LISTS floors)
  foreach(room IN LISTS floor_${floor})
    set(floor_of_${room} ${floor})
  endforeach()
endforeach()

# The room of a path below include/ouro or src.
function(find_room path result)
  if(path MATCHES "^([^/]+)/")
    set(room ${CMAKE_MATCH_1})
  else()
    set(room "${room_of_${path}}")
  endif()
  set(${result} "${room}" PARENT_SCOPE)
endfunction()

# Whether a file of room `from` may include `path`, which is in room `to`.
function(judge from to path result)
  set(allowed FALSE)
  if(from STREQUAL to)
    set(allowed TRUE)
  elseif("${from} ${to}" IN_LIST beside OR "${from} ${path}" IN_LIST beside)
    set(allowed TRUE)
  elseif(floor_of_${to} LESS floor_of_${from})
    set(allowed TRUE)
    set(limits "${only}")
    list(FILTER limits INCLUDE REGEX "^${from} ")
    if(limits AND NOT "${from} ${to}" IN_LIST only)
      set(allowed FALSE)
    endif()
  endif()
  set(${result} ${allowed} PARENT_SCOPE)
endfunction()

set(wrong "")
set(checked 0)
foreach(base IN ITEMS include/ouro src)
  file(GLOB_RECURSE files RELATIVE "${root}/${base}" "${root}/${base}/*.hpp" "${root}/${base}/*.cpp")
  foreach(file IN LISTS files)
    find_room("${file}" from)
    if(NOT DEFINED floor_of_${from})
      list(APPEND wrong "${base}/${file}: no room of the table")
      continue()
    endif()
    file(STRINGS "${root}/${base}/${file}" lines REGEX "^[ \t]*#[ \t]*include[ \t]*(<ouro/|\")")
    foreach(line IN LISTS lines)
      string(REGEX MATCH "[<\"]([^>\"]+)[>\"]" quoted "${line}")
      set(included "${CMAKE_MATCH_1}")
      set(path "${included}")
      if(quoted MATCHES "^<")
        string(REGEX REPLACE "^ouro/" "" path "${path}")
      elseif(NOT EXISTS "${root}/src/${path}")
        cmake_path(GET file PARENT_PATH folder)
        cmake_path(SET path NORMALIZE "${folder}/${path}")  # beside the file itself
      endif()
      find_room("${path}" to)
      math(EXPR checked "${checked} + 1")
      if(DEFINED floor_of_${to})
        judge(${from} ${to} "${path}" allowed)
      else()
        set(allowed FALSE)
      endif()
      if(NOT allowed)
        # The line's number: only now, because counting lines is slow.
        file(READ "${root}/${base}/${file}" text)
        string(FIND "${text}" "${line}" at)
        string(SUBSTRING "${text}" 0 ${at} before)
        string(REGEX MATCHALL "\n" before "${before}")
        list(LENGTH before number)
        math(EXPR number "${number} + 1")
        list(APPEND wrong
          "${base}/${file}:${number}: ${from} (floor ${floor_of_${from}}) includes ${included} (floor ${floor_of_${to}})")
      endif()
    endforeach()
  endforeach()
endforeach()

if(checked EQUAL 0)
  message(FATAL_ERROR "no include was found below ${root}")
endif()
if(wrong)
  list(JOIN wrong "\n  " wrong)
  message(FATAL_ERROR "not below:\n  ${wrong}")
endif()
