#include <openssl/crypto.h>

// OpenSSL frees what it keeps for each thread when the process exits, and also when a thread ends. A thread that ends just
// then, as those of a server's pools do, has its part freed twice ("double free or corruption"). The kernel takes the memory
// of an exiting process back anyway, so OpenSSL is told not to tidy up. This must come before its first use, whoever that is.
__attribute__((constructor)) static void leave_memory_to_the_kernel_at_exit(void) {
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}
