# Included where OURO_INSTALL is on: what `cmake --install` copies, and how CMake and pkg-config find it.
#
# What a component needs is read from the libraries it links, so that no list repeats it.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
set(OURO_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/ouro)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME dev)

# What pkg-config calls the libraries that bring a .pc file.
set(ouro_module_of_cares::cares libcares)
set(ouro_module_of_fmt::fmt fmt)
set(ouro_module_of_nats::nats libnats)
set(ouro_module_of_prometheus-cpp::pull prometheus-cpp-pull)
set(ouro_module_of_sodium::sodium libsodium)
set(ouro_module_of_spdlog::spdlog spdlog)

# The .pc file of the component `ouro` is ouro.pc, and that of another one ouro-NAME.pc.
function(ouro_module_name component result)
  set(${result} ouro-${component} PARENT_SCOPE)
  if(component STREQUAL "ouro")
    set(${result} ouro PARENT_SCOPE)
  endif()
endfunction()

# The libraries that the library of a component has in its interface, and the others that it links.
function(ouro_links component public private)
  get_target_property(interface ouro_${component} INTERFACE_LINK_LIBRARIES)
  get_target_property(links ouro_${component} LINK_LIBRARIES)
  # A static library brings what it links along.
  string(REGEX REPLACE "\\$<LINK_ONLY:([^>]*)>" "\\1" interface "${interface}")
  list(REMOVE_ITEM links ${interface})
  list(FILTER interface EXCLUDE REGEX "BUILD_INTERFACE")
  list(FILTER links EXCLUDE REGEX "BUILD_INTERFACE|NOTFOUND")
  set(${public} ${interface} PARENT_SCOPE)
  set(${private} ${links} PARENT_SCOPE)
endfunction()

# For ouro-config.cmake: the components and the packages that users of a component need.
function(ouro_needs component)
  ouro_links(${component} public private)
  set(components "")
  set(packages "")
  foreach(library IN LISTS public)
    if(library MATCHES "^ouro_(.+)$" AND CMAKE_MATCH_1 IN_LIST OURO_COMPONENTS)
      list(APPEND components ${CMAKE_MATCH_1})
    elseif(library MATCHES "^(.+)::")
      list(APPEND packages ${CMAKE_MATCH_1})
    endif()
  endforeach()
  set(OURO_NEEDS "${OURO_NEEDS}set(_ouro_components_of_${component} ${components})
set(_ouro_packages_of_${component} ${packages})
" PARENT_SCOPE)
endfunction()

# Writes the .pc file of a component.
function(ouro_module component)
  get_target_property(kind ouro_${component} TYPE)
  ouro_links(${component} public private)
  set(requires "")
  set(requires_private "")
  set(cflags "-I\${includedir}")
  set(libs "")
  if(NOT kind STREQUAL "INTERFACE_LIBRARY")
    set(libs "-L\${libdir} -l$<TARGET_FILE_BASE_NAME:ouro_${component}>")
  endif()
  foreach(library IN LISTS public private)
    set(to requires)
    if(library IN_LIST private)
      set(to requires_private)
    endif()
    if(library MATCHES "^ouro_(.+)$" AND CMAKE_MATCH_1 IN_LIST OURO_COMPONENTS)
      ouro_module_name(${CMAKE_MATCH_1} module)
      list(APPEND ${to} "${module} = ${PROJECT_VERSION}")
    elseif(DEFINED ouro_module_of_${library})
      list(APPEND ${to} ${ouro_module_of_${library}})
    elseif(library STREQUAL "Threads::Threads")
      string(APPEND libs " -pthread")
    elseif(library STREQUAL "asio::asio")
      get_target_property(definitions asio::asio INTERFACE_COMPILE_DEFINITIONS)
      # Asio before 1.26 sees coroutines in g++ alone, and this file does not know its user's compiler.
      list(APPEND definitions ASIO_HAS_CO_AWAIT=1)
      list(REMOVE_DUPLICATES definitions)
      list(TRANSFORM definitions PREPEND " -D")
      string(APPEND cflags ${definitions})
      if(NOT asio_INCLUDE_DIR IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
        string(APPEND cflags " -I${asio_INCLUDE_DIR}")
      endif()
    endif()
  endforeach()
  list(JOIN requires ", " requires)
  list(JOIN requires_private ", " requires_private)
  ouro_module_name(${component} name)
  # The prefix is found from where the file is, so that an installation can be moved.
  cmake_path(IS_ABSOLUTE CMAKE_INSTALL_LIBDIR fixed)
  set(prefix ${CMAKE_INSTALL_PREFIX})
  if(NOT fixed)
    cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig
      OUTPUT_VARIABLE up)
    set(prefix "\${pcfiledir}/${up}")
  endif()
  cmake_path(APPEND libdir "\${prefix}" ${CMAKE_INSTALL_LIBDIR})
  cmake_path(APPEND includedir "\${prefix}" ${CMAKE_INSTALL_INCLUDEDIR})
  file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/pkgconfig/${name}.pc CONTENT
"prefix=${prefix}
libdir=${libdir}
includedir=${includedir}

Name: ${name}
Description: ${PROJECT_DESCRIPTION} (ouro::${component})
Version: ${PROJECT_VERSION}
Requires: ${requires}
Requires.private: ${requires_private}
Cflags: ${cflags}
Libs: ${libs}
")
  install(FILES ${PROJECT_BINARY_DIR}/pkgconfig/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

set(OURO_NEEDS "")
foreach(component IN LISTS OURO_COMPONENTS)
  # An export a component, so that a program on ouro::core alone needs neither Asio nor libsodium.
  install(TARGETS ouro_${component} EXPORT ouro-${component}-targets FILE_SET HEADERS)
  install(EXPORT ouro-${component}-targets NAMESPACE ouro:: DESTINATION ${OURO_CMAKE_DIR})
  ouro_module(${component})
  ouro_needs(${component})
endforeach()
configure_package_config_file(cmake/ouro-config.cmake.in ouro-config.cmake INSTALL_DESTINATION ${OURO_CMAKE_DIR})
write_basic_package_version_file(ouro-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ouro-config.cmake ${PROJECT_BINARY_DIR}/ouro-config-version.cmake
  cmake/Findasio.cmake cmake/Findcares.cmake cmake/Findnats.cmake cmake/Findsodium.cmake DESTINATION ${OURO_CMAKE_DIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(PROGRAMS cmake/ouro-check-coroutines DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES cmake/coroutines.query DESTINATION ${CMAKE_INSTALL_DATADIR}/ouro)
if(PROJECT_IS_TOP_LEVEL)
  include(cmake/debian.cmake)
endif()
