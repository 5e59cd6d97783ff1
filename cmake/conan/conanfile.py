"""Conan 2: `conan create cmake/conan`, in a checkout."""
import os
import re

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load, rmdir

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
# Asio 1.22 to 1.25 does not see that clang has coroutines, nor always the aligned allocation of libstdc++.
ASIO = ["ASIO_STANDALONE", "ASIO_HAS_STD_ALIGNED_ALLOC=1", "ASIO_HAS_CO_AWAIT=1"]


class Ouro(ConanFile):
    name = "ouro"
    license = "Apache-2.0"
    description = "Cardano's Ouroboros network protocols for C++20 coroutines"
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False], "io": [True, False], "chain": [True, False]}
    default_options = {"shared": False, "fPIC": True, "io": True, "chain": True}
    implements = ["auto_shared_fpic"]

    def set_version(self):
        text = load(self, os.path.join(ROOT, "include", "ouro", "version.hpp"))
        self.version = ".".join(re.findall(r"#define OURO_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", text))

    def export_sources(self):
        for pattern in ("CMakeLists.txt", "LICENSE", "cmake/*", "include/*", "src/*"):
            copy(self, pattern, ROOT, self.export_sources_folder)

    def requirements(self):
        if self.options.io:
            self.requires("asio/[>=1.22]", transitive_headers=True)
        if self.options.chain:
            self.requires("libsodium/[>=1.0.18]")

    def layout(self):
        cmake_layout(self)

    def generate(self):
        deps = CMakeDeps(self)
        deps.set_property("asio", "cmake_target_name", "asio::asio")
        deps.set_property("libsodium", "cmake_file_name", "sodium")
        deps.set_property("libsodium", "cmake_target_name", "sodium::sodium")
        deps.generate()
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["OURO_IO"] = bool(self.options.io)
        toolchain.cache_variables["OURO_CHAIN"] = bool(self.options.chain)
        for component in ("TOPOLOGY", "CARES", "PROMETHEUS"):
            toolchain.cache_variables["OURO_" + component] = False
        for package in ("fmt", "spdlog"):
            toolchain.cache_variables["CMAKE_DISABLE_FIND_PACKAGE_" + package] = True
        for definition in ASIO:
            name, _, value = definition.partition("=")
            toolchain.preprocessor_definitions[name] = value or None
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        # Conan writes these for its users.
        rmdir(self, os.path.join(self.package_folder, "lib", "cmake"))
        rmdir(self, os.path.join(self.package_folder, "lib", "pkgconfig"))

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "ouro")

        def component(name, library, requires, modules=()):
            info = self.cpp_info.components[name]
            info.set_property("cmake_target_name", "ouro::" + name)
            info.set_property("pkg_config_name", "ouro" if name == "ouro" else "ouro-" + name)
            info.libs = [library]
            info.requires = [*requires, *modules]
            return info

        component("core", "ouro_core", [])
        component("testing", "ouro_testing", ["core"])
        if self.options.chain:
            component("chain", "ouro_chain", ["core"], ["libsodium::libsodium"]).system_libs = ["pthread"]
        if self.options.io:
            parts = ["core", "chain"] if self.options.chain else ["core"]
            info = component("ouro", "ouro", parts, ["asio::asio"])
            info.defines = ASIO
            info.system_libs = ["pthread"]
            component("testing_io", "ouro_testing_io", ["testing", "ouro"])
