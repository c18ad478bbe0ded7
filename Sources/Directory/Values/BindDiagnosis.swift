import Bytes
import CLDAP

/// Reads what stands behind a result code: what Active Directory writes into the text, and what a password policy puts into a
/// control (draft-behera-ldap-password-policy-10).
struct BindDiagnosis {
    let code: Int32
    let diagnostic: String
    /// The error of a password policy, if there was such a control with an error in it.
    var policyError: Int?
    /// How often somebody with an expired password may still come in, if there was such a control.
    var graceLeft: Int?
    /// Netscape's control for a password that must be changed.
    var hasExpiredControl = false

    var result: BindResult {
        if code == LDAP_SUCCESS {
            // 2: somebody else has set the password.
            guard policyError == 2 || hasExpiredControl else {
                return graceLeft.map { .acceptedByGrace(left: $0) } ?? .accepted
            }
            return .mustChangePassword("the password policy wants another password")
        }
        if let subcode = Self.activeDirectorySubcode(diagnostic) {
            switch subcode {
            // These are said only to who has the right password.
            case 0x530, 0x531: return .denied(.outsideLogonHours, diagnostic)
            // Expired; to be changed before the first login.
            case 0x532, 0x773: return .denied(.passwordExpired, diagnostic)
            case 0x533: return .denied(.accountDisabled, diagnostic)
            case 0x701: return .denied(.accountExpired, diagnostic)
            // 0x775, locked, is said to everybody.
            default: return .rejected(diagnostic)
            }
        }
        // 0: expired. The policy looks at the age only after the password; at a lock (1) before it.
        if policyError == 0 { return .denied(.passwordExpired, diagnostic.isEmpty ? "the password has expired" : diagnostic) }
        let reason = policyError == 1 ? "the account is locked" : String(cString: ldap_err2string(code))
        return .rejected(diagnostic.isEmpty ? reason : "\(reason): \(diagnostic)")
    }

    /// The number in `80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data 533, v2580`.
    static func activeDirectorySubcode(_ diagnostic: String) -> Int? {
        guard diagnostic.containsBytes(of: "AcceptSecurityContext") else { return nil }
        let words = diagnostic.cut(at: ",").flatMap { $0.fields(at: " ") }
        guard let index = words.firstIndex(where: { $0.hasSameBytes(as: "data") }), index + 1 < words.endIndex else { return nil }
        return Int(words[index + 1], radix: 16)
    }
}
