# Flags that make an error of memory end a program instead of being used against it. Linked as
# $<BUILD_INTERFACE:ouro_hardening>: always by the examples, which face strangers, and by our libraries where OURO_HARDEN
# says so.

add_library(ouro_hardening INTERFACE)
target_compile_options(ouro_hardening INTERFACE -fstack-protector-strong)
target_compile_definitions(ouro_hardening INTERFACE _GLIBCXX_ASSERTIONS)
# The checks of _FORTIFY_SOURCE need an optimizer, and hide what a sanitizer would see.
if(NOT OURO_SANITIZE)
  target_compile_options(ouro_hardening INTERFACE "$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>")
endif()
target_link_options(ouro_hardening INTERFACE -Wl,-z,relro,-z,now)
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)
