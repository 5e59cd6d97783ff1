# Included by install.cmake: the programs, with their man pages and completions, and the Debian packages libouro-dev and
# ouro-tools, which `cpack` makes in the folder of a build. A plain `cmake --install` copies no programs.

find_package(Python3 COMPONENTS Interpreter QUIET)
set(OURO_TOOLS fetch follow mempool mock-node node ping query relay submit submit-n2n tip watch)
find_package(SQLite3 QUIET)
if(SQLite3_FOUND)
  list(PREPEND OURO_TOOLS crawl)
endif()
set(CPACK_COMPONENTS_ALL dev)
if(OURO_BUILD_EXAMPLES AND OURO_IO AND OURO_CHAIN AND OURO_TOPOLOGY)
  list(APPEND CPACK_COMPONENTS_ALL tools)
  set(pages "")
  foreach(tool IN LISTS OURO_TOOLS)
    # `node`, `ping` and others are names of programs that many systems have.
    set(program ${PROJECT_BINARY_DIR}/examples/${tool})
    install(PROGRAMS ${program} DESTINATION ${CMAKE_INSTALL_BINDIR} RENAME ouro-${tool} COMPONENT tools EXCLUDE_FROM_ALL)
    list(APPEND pages "ouro-${tool}=${program}")
  endforeach()
  list(JOIN pages "\" \"" pages)
  if(Python3_FOUND AND NOT CMAKE_CROSSCOMPILING)
    install(CODE "execute_process(COMMAND \"${Python3_EXECUTABLE}\" \"${PROJECT_SOURCE_DIR}/cmake/pages.py\"
      ${PROJECT_VERSION} \"${PROJECT_BINARY_DIR}/pages\" \"${pages}\" COMMAND_ERROR_IS_FATAL ANY)"
      COMPONENT tools EXCLUDE_FROM_ALL)
    install(DIRECTORY ${PROJECT_BINARY_DIR}/pages/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
      COMPONENT tools EXCLUDE_FROM_ALL)
    install(DIRECTORY ${PROJECT_BINARY_DIR}/pages/bash/
      DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT tools EXCLUDE_FROM_ALL)
    install(DIRECTORY ${PROJECT_BINARY_DIR}/pages/zsh/ DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions
      COMPONENT tools EXCLUDE_FROM_ALL)
  endif()
  install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/ouro-tools RENAME copyright
    COMPONENT tools EXCLUDE_FROM_ALL)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ouro)
set(CPACK_PACKAGE_VENDOR ouro)
set(CPACK_PACKAGE_CONTACT "The maintainers of ouro <maintainers@localhost>" CACHE STRING "Maintainer of Debian packages")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_NAME libouro-dev)
set(CPACK_COMPONENT_DEV_DESCRIPTION "${PROJECT_DESCRIPTION}
 Headers and libraries, with files for CMake and pkg-config.")
set(needed "")
foreach(pair IN ITEMS ouro:libasio-dev chain:libsodium-dev)
  string(REGEX MATCH "(.*):(.*)" pair ${pair})
  if(CMAKE_MATCH_1 IN_LIST OURO_COMPONENTS)
    list(APPEND needed ${CMAKE_MATCH_2})
  endif()
endforeach()
list(JOIN needed ", " CPACK_DEBIAN_DEV_PACKAGE_DEPENDS)
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "libfmt-dev, libc-ares-dev, libnats-dev, libspdlog-dev, prometheus-cpp-dev")
set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME ouro-tools)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION net)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SHLIBDEPS ON)
set(CPACK_COMPONENT_TOOLS_DESCRIPTION "Programs for Cardano's Ouroboros network protocols
 They follow, fetch, watch and serve a chain, measure relays, submit transactions, and query a node.")
include(CPack)
