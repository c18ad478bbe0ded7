import Bytes
import CLDAP

extension Connection {
    /// How the server lets people change their passwords; nil if it announces no way that is known here.
    public func passwordChangeMethod() throws(DirectoryError) -> PasswordChangeMethod? {
        // The attributes of the root are read without any right, but not on a connection whose owner must change the password.
        let root = try search(
            SearchRequest(
                base: "", scope: .base, filter: "(objectClass=*)", attributes: ["supportedExtension", "supportedCapabilities"],
                limit: 1)
        ).first
        let announced: (String) -> [String] = { name in (root?[name] ?? []).map { String(decoding: $0, as: UTF8.self) } }
        // LDAP_CAP_ACTIVE_DIRECTORY_OID (MS-ADTS §3.1.1.3.4.3.1).
        if announced("supportedCapabilities").containsExactly("1.2.840.113556.1.4.800") { return .activeDirectory }
        return announced("supportedExtension").containsExactly("1.3.6.1.4.1.4203.1.11.1") ? .passwordModify : nil
    }

    /// Gives somebody another password: as themselves or, where this connection is bound to somebody else, with their rights.
    /// The old password must have been proven by a bind.
    public func changePassword(
        of dn: String, from old: [UInt8], to new: [UInt8], by method: PasswordChangeMethod
    ) throws(DirectoryError) -> PasswordChangeResult {
        let action = "change the password of \(dn)"
        guard !new.isEmpty else { return .refused(.tooShort, "an empty password is none") }
        var message: Int32 = 0
        let code =
            switch method {
            case .passwordModify: modifyPassword(of: dn, from: old, to: new, &message)
            case .activeDirectory: exchangePassword(of: dn, from: old, to: new, &message)
            }
        guard code == LDAP_SUCCESS else { throw failed(code, action) }
        let answer = try next(of: message, until: .now + settings.timeout, all: true, action)
        let result = try result(answer, action)
        if result.code == LDAP_SUCCESS { return .changed }
        let error = DirectoryError(code: result.code, action: action, diagnostic: result.text)
        if error.isTemporary { throw error }
        // ERROR_INVALID_PASSWORD.
        if method == .activeDirectory, result.text.startsWithBytes(of: "00000056") { return .wrongPassword(error.description) }
        return .refused(
            PasswordObjection(code: result.code, policyError: policy(result.controls)?.error, text: result.text),
            error.description)
    }

    private func modifyPassword(of dn: String, from old: [UInt8], to new: [UInt8], _ message: inout Int32) -> Int32 {
        // With it the server says what it has against a password.
        var policy: UnsafeMutablePointer<LDAPControl>?
        ldap_create_passwordpolicy_control(handle, &policy)
        defer { ldap_control_free(policy) }
        var controls = [policy, nil]
        return value(Array(dn.utf8)) { user in
            value(old) { old in value(new) { new in ldap_passwd(handle, user, old, new, &controls, nil, &message) } }
        }
    }

    private func exchangePassword(of dn: String, from old: [UInt8], to new: [UInt8], _ message: inout Int32) -> Int32 {
        value(Self.quoted(old)) { old in
            value(Self.quoted(new)) { new in directory_exchange_value(handle, dn, "unicodePwd", old, new, &message) }
        }
    }

    /// In quotes, as UTF-16, the low byte first.
    static func quoted(_ password: [UInt8]) -> [UInt8] {
        "\"\(String(decoding: password, as: UTF8.self))\"".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    }

    private func value<Result>(_ bytes: [UInt8], _ body: (UnsafeMutablePointer<berval>) -> Result) -> Result {
        var bytes = bytes
        return bytes.withUnsafeMutableBytes { buffer in
            defer { buffer.initializeMemory(as: UInt8.self, repeating: 0) }
            var value = berval(bv_len: ber_len_t(buffer.count), bv_val: buffer.baseAddress?.assumingMemoryBound(to: CChar.self))
            return body(&value)
        }
    }
}
