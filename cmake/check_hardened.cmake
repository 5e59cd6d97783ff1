# Fails unless PROGRAM is built with the flags of hardening.cmake. READELF: the tool that prints what it is.

execute_process(COMMAND ${READELF} --wide --file-header --program-headers --dynamic --symbols ${PROGRAM}
  OUTPUT_VARIABLE facts COMMAND_ERROR_IS_FATAL ANY)
foreach(line IN ITEMS
    "Type: +DYN"              # position independent
    "GNU_RELRO"               # tables of addresses are read-only once the program runs,
    "FLAGS.* NOW|BIND_NOW"    # all of them
    "__stack_chk_fail"        # stack protector
    "__glibcxx_assert_fail")  # checks of the standard library
  if(NOT facts MATCHES "${line}")
    message(SEND_ERROR "${PROGRAM} is not hardened: readelf prints no ${line}")
  endif()
endforeach()
if(FORTIFIED AND NOT facts MATCHES "__[a-z]+_chk")
  message(SEND_ERROR "${PROGRAM} is not hardened: it calls no checked function of the C library")
endif()
