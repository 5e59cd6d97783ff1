# cmake -P check_errors.cmake   fails where docs/errors.md and the code differ: a value of an enum without an entry, an
# entry without a value, or another fault than the code has.
cmake_minimum_required(VERSION 3.25)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)

set(faults "")
file(READ "${root}/docs/errors.md" page)
string(REGEX REPLACE "[][;]" "_" page "${page}")  # these have a meaning in lists

# The enumerators of `enum class NAME` in a header, in order.
function(values_of header name result)
  file(READ "${root}/include/ouro/${header}" text)
  string(REGEX REPLACE "//[^\n]*" "" text "${text}")
  if(NOT text MATCHES "enum class ${name} [^{]*{([^}]*)}")
    message(FATAL_ERROR "include/ouro/${header} has no enum ${name}")
  endif()
  string(REGEX REPLACE " = [0-9]+" "" values "${CMAKE_MATCH_1}")
  string(REGEX MATCHALL "[a-z_]+" values "${values}")
  set(${result} "${values}" PARENT_SCOPE)
endfunction()

# Compares the rows of a part of the page with the values.
function(compare part text values)
  string(REGEX MATCHALL "\n[|] `[a-z_]+` [|][^\n]*[|]" rows "${text}")
  set(named "")
  foreach(row IN LISTS rows)
    string(REGEX MATCH "`([a-z_]+)`" ignored "${row}")
    list(APPEND named "${CMAKE_MATCH_1}")
  endforeach()
  foreach(value IN LISTS values)
    list(FIND named "${value}" at)
    if(at EQUAL -1)
      string(APPEND faults "docs/errors.md, ${part}: no entry of ${value}\n")
    endif()
  endforeach()
  foreach(name IN LISTS named)
    list(FIND values "${name}" at)
    if(at EQUAL -1)
      string(APPEND faults "docs/errors.md, ${part}: ${name} is no value, or has two entries\n")
    else()
      list(REMOVE_AT values ${at})
    endif()
  endforeach()
  set(faults "${faults}" PARENT_SCOPE)
endfunction()

# The part under a heading.
function(part_of heading result)
  string(FIND "${page}" "\n${heading}\n" begin)
  if(begin EQUAL -1)
    message(FATAL_ERROR "docs/errors.md has no part '${heading}'")
  endif()
  string(LENGTH "\n${heading}" length)
  math(EXPR begin "${begin} + ${length}")
  string(SUBSTRING "${page}" ${begin} -1 text)
  string(FIND "${text}" "\n#" end)
  string(SUBSTRING "${text}" 0 ${end} text)
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

# Errc: the parts between the fault and the other lists.
string(FIND "${page}" "\n## No error\n" begin)
string(FIND "${page}" "\n## Other lists\n" end)
math(EXPR length "${end} - ${begin}")
if(begin EQUAL -1 OR length LESS 1)
  message(FATAL_ERROR "docs/errors.md has no part 'No error', or no 'Other lists' after it")
endif()
string(SUBSTRING "${page}" ${begin} ${length} errors)
values_of(base/error.hpp Errc values)
compare(Errc "${errors}" "${values}")

file(READ "${root}/src/base/error.cpp" source)
string(REGEX REPLACE "[][;]" "_" source "${source}")
foreach(value IN LISTS values)
  if(NOT source MATCHES "{\"${value}\", \"[^\"]*\",[ \n]+Fault::([a-z]+)}")
    string(APPEND faults "src/base/error.cpp: no row of ${value}\n")
  else()
    set(fault "${CMAKE_MATCH_1}")
    if(NOT errors MATCHES "\n[|] `${value}` [|] [^|\n]+ [|] `${fault}` [|] [^|\n]+ [|]\n")
      string(APPEND faults "docs/errors.md: the row of ${value} does not have four cells with the fault ${fault}\n")
    endif()
  endif()
endforeach()

foreach(list IN ITEMS
    "Whose fault=base/error.hpp=Fault"
    "LocalStateQuery::AcquireFailure=protocol/local_state_query.hpp=AcquireFailure"
    "feed::EventFault=feed/verifier.hpp=EventFault"
    "feed::SinkError::Kind=feed/sink.hpp=Kind"
    "NameAnswer::Outcome=names/name_book.hpp=Outcome"
    "MockFault=emulation/mock_node.hpp=MockFault")
  string(REPLACE "=" ";" list "${list}")
  list(GET list 0 heading)
  list(GET list 1 header)
  list(GET list 2 name)
  values_of(${header} ${name} values)
  part_of("### ${heading}" text)
  compare("${heading}" "${text}" "${values}")
endforeach()

if(faults)
  message(FATAL_ERROR "${faults}")
endif()
