# Finds the C client of NATS: nats::nats, nats_FOUND, nats_VERSION.

if(TARGET nats::nats)
  set(nats_FOUND TRUE)
  return()
endif()

find_path(nats_INCLUDE_DIR nats/nats.h)
find_library(nats_LIBRARY nats)
mark_as_advanced(nats_INCLUDE_DIR nats_LIBRARY)

if(nats_INCLUDE_DIR)
  file(STRINGS "${nats_INCLUDE_DIR}/nats/version.h" _nats_line REGEX "^#define NATS_VERSION_STRING ")
  string(REGEX MATCH "[0-9.]+" nats_VERSION "${_nats_line}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(nats REQUIRED_VARS nats_LIBRARY nats_INCLUDE_DIR VERSION_VAR nats_VERSION)

if(nats_FOUND)
  add_library(nats::nats UNKNOWN IMPORTED)
  set_target_properties(nats::nats PROPERTIES IMPORTED_LOCATION "${nats_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${nats_INCLUDE_DIR}")
endif()
