#include <lber.h>
#include <ldap.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
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

/// Takes one value of an attribute away and gives it another, both or none.
static inline int directory_exchange_value(LDAP *handle, const char *dn, const char *attribute, struct berval *old_value,
                                           struct berval *new_value, int *message) {
    struct berval *old_values[] = {old_value, NULL}, *new_values[] = {new_value, NULL};
    LDAPMod removal = {LDAP_MOD_DELETE | LDAP_MOD_BVALUES, (char *)attribute, {.modv_bvals = old_values}};
    LDAPMod addition = {LDAP_MOD_ADD | LDAP_MOD_BVALUES, (char *)attribute, {.modv_bvals = new_values}};
    LDAPMod *changes[] = {&removal, &addition, NULL};
    return ldap_modify_ext(handle, dn, changes, NULL, NULL, message);
}

/// What a connection's socket may do, see `directory_guard_socket`.
struct directory_guard {
    /// In milliseconds of the monotonic clock; 0 for none.
    long long deadline;
};

static inline long long directory_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline int directory_guard_setup(Sockbuf_IO_Desc *layer, void *guard) {
    layer->sbiod_pvt = guard;
    return 0;
}

static inline int directory_guard_nothing(Sockbuf_IO_Desc *layer) {
    (void)layer;
    return 0;
}

static inline int directory_guard_control(Sockbuf_IO_Desc *layer, int option, void *argument) {
    return LBER_SBIOD_CTRL_NEXT(layer, option, argument);
}

static inline int directory_guard_wait(Sockbuf_IO_Desc *layer, short event) {
    struct directory_guard *guard = (struct directory_guard *)layer->sbiod_pvt;
    int descriptor = -1;
    if (!guard->deadline) return 0;
    ber_sockbuf_ctrl(layer->sbiod_sb, LBER_SB_OPT_GET_FD, &descriptor);
    for (;;) {
        long long left = guard->deadline - directory_milliseconds();
        struct pollfd socket = {descriptor, event, 0};
        int ready = left <= 0 ? 0 : poll(&socket, 1, (int)left);
        if (ready > 0) return 0;
        if (ready < 0 && errno == EINTR) continue;
        if (ready == 0) errno = ETIMEDOUT;
        return -1;
    }
}

static inline ber_slen_t directory_guard_read(Sockbuf_IO_Desc *layer, void *buffer, ber_len_t length) {
    if (directory_guard_wait(layer, POLLIN)) return -1;
    return LBER_SBIOD_READ_NEXT(layer, buffer, length);
}

static inline ber_slen_t directory_guard_write(Sockbuf_IO_Desc *layer, void *buffer, ber_len_t length) {
    int descriptor = -1;
    if (directory_guard_wait(layer, POLLOUT)) return -1;
    ber_sockbuf_ctrl(layer->sbiod_sb, LBER_SB_OPT_GET_FD, &descriptor);
    // write(2) would end the program when the server has closed the connection.
    return send(descriptor, buffer, length, MSG_NOSIGNAL);
}

/// Puts a layer under the TLS of a connection. It keeps the deadline, which libldap's TLS handshake does not know: that one
/// asks a non-blocking socket again and again, for ever and without a pause.
static inline int directory_guard_socket(LDAP *handle, struct directory_guard *guard) {
    static Sockbuf_IO layer = {
        directory_guard_setup, directory_guard_nothing, directory_guard_control,
        directory_guard_read,  directory_guard_write,   directory_guard_nothing,
    };
    Sockbuf *socket = NULL;
    if (ldap_get_option(handle, LDAP_OPT_SOCKBUF, &socket) || !socket) return -1;
    return ber_sockbuf_add_io(socket, &layer, LBER_SBIOD_LEVEL_PROVIDER + 5, guard);
}

/// libldap's own name for this machine; it takes it for what "localhost" means in a certificate.
extern char *ldap_int_hostname __attribute__((weak));

/// Makes "localhost" mean itself, as RFC 4513 §3.1.3 wants: the name that was asked for is compared. Not for several threads
/// at once, and before the first connection.
static inline void directory_keep_localhost(void) {
    if (&ldap_int_hostname && (!ldap_int_hostname || strcmp(ldap_int_hostname, "localhost"))) {
        ldap_int_hostname = strdup("localhost");
    }
}
