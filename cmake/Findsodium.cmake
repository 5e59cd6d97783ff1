# Finds libsodium: sodium::sodium, sodium_FOUND, sodium_VERSION.

if(TARGET sodium::sodium)
  set(sodium_FOUND TRUE)
  return()
endif()

find_path(sodium_INCLUDE_DIR sodium.h)
find_library(sodium_LIBRARY sodium)
mark_as_advanced(sodium_INCLUDE_DIR sodium_LIBRARY)

if(sodium_INCLUDE_DIR)
  file(STRINGS "${sodium_INCLUDE_DIR}/sodium/version.h" _sodium_line REGEX "^#define SODIUM_VERSION_STRING ")
  string(REGEX MATCH "[0-9.]+" sodium_VERSION "${_sodium_line}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(sodium REQUIRED_VARS sodium_LIBRARY sodium_INCLUDE_DIR VERSION_VAR sodium_VERSION)

if(sodium_FOUND)
  add_library(sodium::sodium UNKNOWN IMPORTED)
  set_target_properties(sodium::sodium PROPERTIES IMPORTED_LOCATION "${sodium_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${sodium_INCLUDE_DIR}")
endif()
