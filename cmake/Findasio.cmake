# Finds standalone Asio, headers only: asio::asio, asio_FOUND, asio_VERSION.
#
# Debian's package brings neither a CMake configuration nor a .pc file. Where asio::asio is there already, because the
# surrounding project made one, that one is taken as it is.

if(TARGET asio::asio)
  set(asio_FOUND TRUE)
  return()
endif()

find_path(asio_INCLUDE_DIR asio/version.hpp)
mark_as_advanced(asio_INCLUDE_DIR)

if(asio_INCLUDE_DIR)
  file(STRINGS "${asio_INCLUDE_DIR}/asio/version.hpp" _asio_line REGEX "^#define ASIO_VERSION +[0-9]+")
  string(REGEX MATCH "[0-9]+" _asio_number "${_asio_line}")
  math(EXPR _asio_major "${_asio_number} / 100000")
  math(EXPR _asio_minor "${_asio_number} / 100 % 1000")
  math(EXPR _asio_patch "${_asio_number} % 100")
  set(asio_VERSION "${_asio_major}.${_asio_minor}.${_asio_patch}")
endif()

find_package(Threads QUIET)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(asio REQUIRED_VARS asio_INCLUDE_DIR Threads_FOUND VERSION_VAR asio_VERSION)

if(asio_FOUND)
  add_library(asio::asio INTERFACE IMPORTED)
  target_include_directories(asio::asio INTERFACE "${asio_INCLUDE_DIR}")
  # Asio 1.22 sees the aligned allocation of libstdc++ only in files that include a standard header first, and such files
  # must not free what others allocate.
  target_compile_definitions(asio::asio INTERFACE ASIO_STANDALONE ASIO_HAS_STD_ALIGNED_ALLOC=1)
  target_link_libraries(asio::asio INTERFACE Threads::Threads)
  # Before 1.26 Asio does not see that clang has coroutines.
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND asio_VERSION VERSION_LESS 1.26)
    target_compile_definitions(asio::asio INTERFACE ASIO_HAS_CO_AWAIT=1)
  endif()
endif()
