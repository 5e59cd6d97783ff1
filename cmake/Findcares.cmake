# Finds c-ares: cares::cares, cares_FOUND, cares_VERSION.

if(TARGET cares::cares)
  set(cares_FOUND TRUE)
  return()
endif()

find_path(cares_INCLUDE_DIR ares.h)
find_library(cares_LIBRARY cares)
mark_as_advanced(cares_INCLUDE_DIR cares_LIBRARY)

if(cares_INCLUDE_DIR)
  file(STRINGS "${cares_INCLUDE_DIR}/ares_version.h" _cares_line REGEX "^#define ARES_VERSION_STR ")
  string(REGEX MATCH "[0-9.]+" cares_VERSION "${_cares_line}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(cares REQUIRED_VARS cares_LIBRARY cares_INCLUDE_DIR VERSION_VAR cares_VERSION)

if(cares_FOUND)
  add_library(cares::cares UNKNOWN IMPORTED)
  set_target_properties(cares::cares PROPERTIES IMPORTED_LOCATION "${cares_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${cares_INCLUDE_DIR}")
endif()
