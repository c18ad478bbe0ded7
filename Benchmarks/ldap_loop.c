// The least that a login by LDAP can do: one search on a connection that is bound as the service, one bind as the person found on
// another connection. Both stay open. Prints the median time of a round in microseconds.
//
//   ldap_loop URL SERVICE_DN SERVICE_PASSWORD BASE FILTER PASSWORD SECONDS
#include <ldap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void check(int code, const char *what) {
    if (code == LDAP_SUCCESS) return;
    fprintf(stderr, "%s: %s\n", what, ldap_err2string(code));
    exit(1);
}

static LDAP *connection(const char *url) {
    LDAP *handle;
    int version = LDAP_VERSION3;
    check(ldap_initialize(&handle, url), "connect");
    ldap_set_option(handle, LDAP_OPT_PROTOCOL_VERSION, &version);
    return handle;
}

static void bind_as(LDAP *handle, const char *dn, char *password) {
    struct berval secret = {strlen(password), password};
    check(ldap_sasl_bind_s(handle, dn, LDAP_SASL_SIMPLE, &secret, NULL, NULL, NULL), "bind");
}

static int compare(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

int main(int count, char **words) {
    if (count != 8) return 64;
    char *attributes[] = {"uid", "mail", "cn", NULL};
    LDAP *searching = connection(words[1]), *checking = connection(words[1]);
    bind_as(searching, words[2], words[3]);
    static double times[1000000];
    size_t rounds = 0;
    double end = now() + atof(words[7]);
    for (double begun; (begun = now()) < end && rounds < sizeof times / sizeof *times; rounds++) {
        LDAPMessage *found;
        check(ldap_search_ext_s(searching, words[4], LDAP_SCOPE_SUBTREE, words[5], attributes, 0, NULL, NULL, NULL, 2, &found), "search");
        LDAPMessage *entry = ldap_first_entry(searching, found);
        if (!entry) return 1;
        char *dn = ldap_get_dn(searching, entry);
        bind_as(checking, dn, words[6]);
        ldap_memfree(dn);
        ldap_msgfree(found);
        times[rounds] = now() - begun;
    }
    qsort(times, rounds, sizeof *times, compare);
    printf("%.3f\n", times[rounds / 2] * 1e6);
    return 0;
}
