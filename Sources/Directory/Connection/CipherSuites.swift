import Bytes
import CLDAP

/// What TLS may be made of: with forward secrecy and authenticated encryption, as RFC 9325 §4.2 recommends. No key exchange by RSA,
/// no CBC.
enum CipherSuites {
    /// In the words of the TLS library that libldap was built with.
    static var current: String {
        var name: UnsafeMutablePointer<CChar>?
        guard ldap_get_option(nil, LDAP_OPT_X_TLS_PACKAGE, &name) == LDAP_OPT_SUCCESS, let name else { return openSSL }
        defer { ldap_memfree(name) }
        return String(cString: name).hasSameBytes(as: "GnuTLS") ? gnuTLS : openSSL
    }

    /// TLS 1.3 has a list of its own, which is all right as it is.
    private static let openSSL = [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
    ].joined(separator: ":")

    /// A list takes the place of the smallest version, so that it says it again.
    private static let gnuTLS = [
        "NONE", "+VERS-TLS1.3", "+VERS-TLS1.2", "+ECDHE-ECDSA", "+ECDHE-RSA", "+AES-128-GCM", "+CHACHA20-POLY1305",
        "+AES-256-GCM", "+AEAD", "+SIGN-ALL", "-SIGN-RSA-SHA1", "-SIGN-ECDSA-SHA1", "+GROUP-ALL", "+COMP-NULL", "+CTYPE-X509",
    ].joined(separator: ":")
}
