import Bytes

/// How a server lets somebody change a password.
public enum PasswordChangeMethod: Sendable, Hashable {
    /// The Password Modify operation (RFC 3062).
    case passwordModify
    /// The old value of `unicodePwd` goes and the new one comes in one modification (MS-ADTS §3.1.1.3.1.5).
    case activeDirectory
}

/// What became of a change.
public enum PasswordChangeResult: Sendable, Hashable {
    case changed
    /// The old password is wrong, or the server says no to it: the text is for operators.
    case wrongPassword(String)
    /// The server does not like the new password, or the change.
    case refused(PasswordObjection, String)
}

/// What a server has against a new password.
public enum PasswordObjection: Sendable, Hashable, CaseIterable {
    case tooShort, tooSimple, usedBefore
    /// The password was changed a short while ago.
    case tooSoon
    /// Whoever asks may not change it.
    case notAllowed
    /// It says no more than that the rules are not followed, or something else.
    case other
}

extension PasswordObjection {
    /// - Parameters:
    ///   - policyError: of a password policy's control (draft-behera-ldap-password-policy-10 §6.2).
    ///   - text: what the server says besides.
    init(code: Int32, policyError: Int?, text: String) {
        switch policyError {
        case 3: self = .notAllowed
        case 5: self = .tooSimple
        case 6: self = .tooShort
        case 7: self = .tooSoon
        case 8: self = .usedBefore
        default: self = Self.words(code: code, text: text.asciiLowercased)
        }
    }

    /// Active Directory says only 0000052D, "the rules are not followed"; Samba and 389 Directory Server say which.
    private static func words(code: Int32, text: String) -> Self {
        if text.containsBytes(of: "too short") || text.containsBytes(of: "invalid password syntax: password must be at least") {
            return .tooShort
        }
        if text.containsBytes(of: "complexity") || text.containsBytes(of: "quality") { return .tooSimple }
        if text.containsBytes(of: "history") || text.containsBytes(of: "already used") || text.containsBytes(of: "reuse") {
            return .usedBefore
        }
        if text.containsBytes(of: "too young") || text.containsBytes(of: "too early")
            || text.containsBytes(of: "minimum password age")
        {
            return .tooSoon
        }
        // RFC 4511 appendix A: insufficientAccessRights.
        return code == 50 ? .notAllowed : .other
    }
}
