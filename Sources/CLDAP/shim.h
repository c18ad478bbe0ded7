#include <lber.h>
#include <ldap.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

/// A file that has no name and lives as long as its descriptor; glibc shows memfd_create only to GNU sources.
static inline int directory_memory_file(void) {
    return (int)syscall(SYS_memfd_create, "certificates", 1U /* MFD_CLOEXEC */);
}

/// Reading from and writing to the socket take no longer than this, whatever libldap is doing.
static inline int directory_limit_socket(int descriptor, long microseconds) {
    struct timeval limit = {microseconds / 1000000, microseconds % 1000000};
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit)) return -1;
    return setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

/// Whether nothing has arrived: on a connection that waits for nothing, something is a farewell.
static inline int directory_is_quiet(int descriptor) {
    struct pollfd socket = {descriptor, POLLIN, 0};
    return poll(&socket, 1, 0) == 0;
}
