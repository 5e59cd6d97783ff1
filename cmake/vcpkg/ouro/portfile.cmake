# An overlay port of the tree that it stands in: vcpkg install ouro --overlay-ports=cmake/vcpkg

cmake_path(SET source_path NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../../..")
vcpkg_check_features(OUT_FEATURE_OPTIONS options
  FEATURES
    io OURO_IO
    chain OURO_CHAIN
    topology OURO_TOPOLOGY
    cares OURO_CARES
    prometheus OURO_PROMETHEUS
  INVERTED_FEATURES
    format CMAKE_DISABLE_FIND_PACKAGE_fmt
    spdlog CMAKE_DISABLE_FIND_PACKAGE_spdlog)

vcpkg_cmake_configure(SOURCE_PATH "${source_path}" OPTIONS ${options} -DOURO_FEED_NATS=OFF -DOURO_INSTALL=ON)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/ouro)
vcpkg_fixup_pkgconfig()

# A script, which finds its query beside it.
file(MAKE_DIRECTORY "${CURRENT_PACKAGES_DIR}/tools/ouro")
file(RENAME "${CURRENT_PACKAGES_DIR}/bin/ouro-check-coroutines"
  "${CURRENT_PACKAGES_DIR}/tools/ouro/ouro-check-coroutines")
file(RENAME "${CURRENT_PACKAGES_DIR}/share/ouro/coroutines.query" "${CURRENT_PACKAGES_DIR}/tools/ouro/coroutines.query")
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/bin" "${CURRENT_PACKAGES_DIR}/debug/bin"
  "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share" "${CURRENT_PACKAGES_DIR}/share/doc")
vcpkg_install_copyright(FILE_LIST "${source_path}/LICENSE")
