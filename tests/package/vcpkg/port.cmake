# cmake -DPORT=… -DDIR=… -DVERSION=… -DFEATURES=… -DGENERATOR=… -DCXX=… -P port.cmake   runs the portfile of a vcpkg port
# with stand-ins for vcpkg's functions, which do the part of it that a release build on Linux needs. The package is in
# DIR/package.
cmake_minimum_required(VERSION 3.25)

file(READ "${PORT}/vcpkg.json" manifest)
string(JSON version GET "${manifest}" version-semver)
if(NOT version STREQUAL VERSION)
  message(FATAL_ERROR "vcpkg.json has version ${version}, and ouro ${VERSION}")
endif()
foreach(feature IN LISTS FEATURES)
  string(JSON ignored GET "${manifest}" features ${feature} description)
endforeach()

set(PORT_NAME ouro)
set(CURRENT_PACKAGES_DIR "${DIR}/package")
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}")

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(vcpkg_check_features)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "OUT_FEATURE_OPTIONS" "FEATURES;INVERTED_FEATURES")
  set(options "")
  foreach(kind IN ITEMS FEATURES INVERTED_FEATURES)
    set(pairs ${arg_${kind}})
    while(pairs)
      list(POP_FRONT pairs feature variable)
      string(JSON ignored GET "${manifest}" features ${feature} description)
      set(value OFF)
      if((kind STREQUAL "FEATURES" AND feature IN_LIST FEATURES)
          OR (kind STREQUAL "INVERTED_FEATURES" AND NOT feature IN_LIST FEATURES))
        set(value ON)
      endif()
      list(APPEND options -D${variable}=${value})
    endwhile()
  endforeach()
  set(${arg_OUT_FEATURE_OPTIONS} ${options} PARENT_SCOPE)
endfunction()

function(vcpkg_cmake_configure)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "SOURCE_PATH" "OPTIONS")
  run(${CMAKE_COMMAND} -G ${GENERATOR} -S ${arg_SOURCE_PATH} -B ${DIR}/build -DCMAKE_CXX_COMPILER=${CXX}
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O0 -DBUILD_SHARED_LIBS=OFF
    -DCMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR} -DCMAKE_INSTALL_LIBDIR=lib ${arg_OPTIONS})
endfunction()

function(vcpkg_cmake_install)
  run(${CMAKE_COMMAND} --build ${DIR}/build)
  run(${CMAKE_COMMAND} --install ${DIR}/build)
endfunction()

# To share/ouro, which is one folder less below the prefix.
function(vcpkg_cmake_config_fixup)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "CONFIG_PATH" "")
  file(GLOB files "${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH}/*")
  foreach(file IN LISTS files)
    cmake_path(GET file FILENAME name)
    file(READ "${file}" text)
    string(REPLACE "get_filename_component(_IMPORT_PREFIX \"\${_IMPORT_PREFIX}\" PATH)\nif" "if" text "${text}")
    string(REPLACE "\${CMAKE_CURRENT_LIST_DIR}/../../../" "\${CMAKE_CURRENT_LIST_DIR}/../../" text "${text}")
    file(WRITE "${CURRENT_PACKAGES_DIR}/share/${PORT_NAME}/${name}" "${text}")
  endforeach()
  file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/lib/cmake")
endfunction()

function(vcpkg_fixup_pkgconfig)
endfunction()

function(vcpkg_install_copyright)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "FILE_LIST")
  file(INSTALL ${arg_FILE_LIST} DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT_NAME}")
  file(RENAME "${CURRENT_PACKAGES_DIR}/share/${PORT_NAME}/LICENSE" "${CURRENT_PACKAGES_DIR}/share/${PORT_NAME}/copyright")
endfunction()

include("${PORT}/portfile.cmake")

# What vcpkg's own checks after a build would object to.
foreach(folder IN ITEMS bin debug/include debug/share lib/cmake share/doc)
  if(EXISTS "${CURRENT_PACKAGES_DIR}/${folder}")
    message(FATAL_ERROR "the package has ${folder}")
  endif()
endforeach()
foreach(file IN ITEMS share/ouro/copyright share/ouro/ouro-config.cmake include/ouro/version.hpp
    lib/pkgconfig/ouro-core.pc tools/ouro/ouro-check-coroutines tools/ouro/coroutines.query)
  if(NOT EXISTS "${CURRENT_PACKAGES_DIR}/${file}")
    message(FATAL_ERROR "the package has no ${file}")
  endif()
endforeach()
