# How our own files are compiled. Linked as $<BUILD_INTERFACE:ouro_build_flags>, so that no user ever gets any of it.

add_library(ouro_build_flags INTERFACE)
target_compile_options(ouro_build_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  # g++ 12 takes "text" + std::string for overlapping memory (GCC bug 105651), sees uninitialised values in variants that
  # are moved, and copies beyond the end of vectors that have just been made to fit. Of a large coroutine frame it sees the
  # allocation inlined and its end not, and takes them for two kinds.
  "$<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:\
-Wno-restrict;-Wno-maybe-uninitialized;-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread;\
-Wno-mismatched-new-delete>")
# To g++ the files of a unity build are headers, whose types should have no anonymous namespace.
set(ouro_unity_flags "")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(ouro_unity_flags -Wno-subobject-linkage)
endif()
if(CMAKE_UNITY_BUILD)
  target_compile_options(ouro_build_flags INTERFACE ${ouro_unity_flags})
endif()
if(OURO_WERROR)
  target_compile_options(ouro_build_flags INTERFACE -Werror)
endif()

if(OURO_SANITIZE)
  target_compile_options(ouro_build_flags INTERFACE
    -fsanitize=${OURO_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
    # vptr probes memory through a pipe, and calls every object bad where a test has left it no descriptors for one.
    -fno-sanitize=vptr
    $<$<CXX_COMPILER_ID:GNU>:-Wno-error=tsan>)  # of fences, which Asio has
  target_link_options(ouro_build_flags INTERFACE -fsanitize=${OURO_SANITIZE})
endif()

# What `target`'s files have in common is parsed once, where OURO_PRECOMPILE says so: half of the time of a build with clang,
# and an eighth with g++. Off unless asked for, so that each file is known to include what it uses.
function(ouro_precompile target)
  if(OURO_PRECOMPILE)
    target_precompile_headers(${target} ${ARGN})
    target_compile_options(${target} PRIVATE "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")  # for ccache
  endif()
endfunction()
