#if __cplusplus > 201703L
#error "the language mode of ouro reached a file that does not link it"
#endif
#ifdef ASIO_STANDALONE
#error "a definition of ouro reached a file that does not link it"
#endif
