#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <stdlib.h>
#include <string.h>

/// SPNEGO (RFC 4178), 1.3.6.1.5.5.2.
static inline gss_OID_desc kerberos_spnego(void) {
    gss_OID_desc oid = {6, (void *)"\x2b\x06\x01\x05\x05\x02"};
    return oid;
}

/// Credentials to accept tickets with: the keys of this file, for this principal or, if null, for all that are in it. Kerberos
/// alone may be negotiated, and whatever ticket comes twice is refused.
static inline OM_uint32 kerberos_acquire(OM_uint32 *minor, const char *keytab, const char *principal, gss_cred_id_t *credential) {
    gss_key_value_element_desc elements[] = {{"keytab", keytab}, {"rcache", "dfl:"}};
    gss_key_value_set_desc store = {2, elements};
    gss_OID_desc oids[] = {kerberos_spnego(), *gss_mech_krb5};
    gss_OID_set_desc mechanisms = {2, oids}, kerberos = {1, oids + 1};
    gss_name_t name = GSS_C_NO_NAME;
    OM_uint32 ignored, major;
    if (principal) {
        gss_buffer_desc text = {strlen(principal), (void *)principal};
        major = gss_import_name(minor, &text, (gss_OID)GSS_KRB5_NT_PRINCIPAL_NAME, &name);
        if (GSS_ERROR(major)) return major;
    }
    major = gss_acquire_cred_from(minor, name, GSS_C_INDEFINITE, &mechanisms, GSS_C_ACCEPT, &store, credential, NULL, NULL);
    if (name) gss_release_name(&ignored, &name);
    if (GSS_ERROR(major)) return major;
    major = gss_set_neg_mechs(minor, *credential, &kerberos);
    if (GSS_ERROR(major)) gss_release_cred(&ignored, credential);
    return major;
}

/// Accepts one token.
static inline OM_uint32 kerberos_accept(OM_uint32 *minor, gss_cred_id_t credential, const void *token, size_t length,
                                        gss_ctx_id_t *context, gss_name_t *source, gss_buffer_t reply, int *is_kerberos,
                                        int *is_anonymous) {
    gss_buffer_desc input = {length, (void *)token};
    gss_OID mechanism = GSS_C_NO_OID;
    OM_uint32 flags = 0;
    OM_uint32 major = gss_accept_sec_context(minor, context, credential, &input, GSS_C_NO_CHANNEL_BINDINGS, source, &mechanism, reply,
                                             &flags, NULL, NULL);
    *is_kerberos = mechanism && mechanism->length == gss_mech_krb5->length &&
                   !memcmp(mechanism->elements, gss_mech_krb5->elements, mechanism->length);
    *is_anonymous = (flags & GSS_C_ANON_FLAG) != 0;
    return major;
}

/// The name of this side of a context: what the ticket is for.
static inline OM_uint32 kerberos_target(OM_uint32 *minor, gss_ctx_id_t context, gss_name_t *target) {
    return gss_inquire_context(minor, context, NULL, target, NULL, NULL, NULL, NULL, NULL);
}

/// What is wrong, in words; `mechanism` asks for Kerberos' own.
static inline OM_uint32 kerberos_words(OM_uint32 *minor, OM_uint32 status, int mechanism, OM_uint32 *more, gss_buffer_t words) {
    return gss_display_status(minor, status, mechanism ? GSS_C_MECH_CODE : GSS_C_GSS_CODE,
                              mechanism ? (gss_OID)gss_mech_krb5 : GSS_C_NO_OID, more, words);
}

static inline int kerberos_failed(OM_uint32 major) { return GSS_ERROR(major) != 0; }
static inline int kerberos_wants_more(OM_uint32 major) { return (major & GSS_S_CONTINUE_NEEDED) != 0; }
