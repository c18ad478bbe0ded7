import CLDAP

extension Connection {
    /// Checks a name and a password by a simple bind (RFC 4513 §5.1.3). The connection then belongs to that name, or to nobody.
    ///
    /// An empty password, or an empty name with a password, would be an "unauthenticated" or anonymous bind that servers
    /// accept from anybody: they are rejected here and never sent.
    /// - Throws: when the server could not be asked, or has not answered the question.
    public func bind(dn: String, password: [UInt8]) throws(DirectoryError) -> BindResult {
        guard !password.isEmpty, !dn.isEmpty else { return .rejected("an empty name or password is not sent") }
        let action = "bind as \(dn)"
        var policy: UnsafeMutablePointer<LDAPControl>?
        ldap_create_passwordpolicy_control(handle, &policy)
        defer { ldap_control_free(policy) }
        var controls = [policy, nil]
        var message: Int32 = 0
        var password = password
        let code = password.withUnsafeMutableBytes { bytes in
            var credentials = berval(
                bv_len: ber_len_t(bytes.count), bv_val: bytes.baseAddress?.assumingMemoryBound(to: CChar.self))
            // No mechanism is `LDAP_SASL_SIMPLE`.
            return ldap_sasl_bind(handle, dn, nil, &credentials, &controls, nil, &message)
        }
        for index in password.indices { password[index] = 0 }
        guard code == LDAP_SUCCESS else { throw failed(code, action) }
        let answer = try next(of: message, until: .now + settings.timeout, all: true, action)
        let result = try result(answer, action)
        let diagnosis = BindDiagnosis(
            code: result.code, diagnostic: result.text, policyError: policyError(result.controls),
            hasExpiredControl: result.controls.find("2.16.840.1.113730.3.4.4") != nil)
        switch DirectoryError(code: result.code, action: action).kind {
        case .invalidCredentials, .unwilling, .noSuchObject: return diagnosis.result
        default: break
        }
        guard result.code == LDAP_SUCCESS else {
            throw DirectoryError(code: result.code, action: action, diagnostic: result.text)
        }
        return diagnosis.result
    }

    private func policyError(_ controls: borrowing Controls) -> Int? {
        guard let control = controls.find("1.3.6.1.4.1.42.2.27.8.5.1") else { return nil }
        var expires: ber_int_t = 0
        var grace: ber_int_t = 0
        var error = PP_noError
        guard ldap_parse_passwordpolicy_control(handle, control, &expires, &grace, &error) == LDAP_SUCCESS, error != PP_noError
        else { return nil }
        return Int(error.rawValue)
    }

    /// Gives the name that this connection is bound to another password (RFC 3062).
    /// - Returns: nil when that is done, else what the server has against it.
    public func changePassword(of dn: String, from old: [UInt8], to new: [UInt8]) throws(DirectoryError) -> String? {
        let action = "change the password of \(dn)"
        guard !new.isEmpty else { return "an empty password is none" }
        var message: Int32 = 0
        let code = value(Array(dn.utf8)) { user in
            value(old) { old in value(new) { new in ldap_passwd(handle, user, old, new, nil, nil, &message) } }
        }
        guard code == LDAP_SUCCESS else { throw failed(code, action) }
        let answer = try next(of: message, until: .now + settings.timeout, all: true, action)
        let result = try result(answer, action)
        if result.code == LDAP_SUCCESS { return nil }
        let error = DirectoryError(code: result.code, action: action, diagnostic: result.text)
        if error.isTemporary { throw error }
        return error.description
    }

    private func value<Result>(_ bytes: [UInt8], _ body: (UnsafeMutablePointer<berval>) -> Result) -> Result {
        var bytes = bytes
        return bytes.withUnsafeMutableBytes { buffer in
            var value = berval(bv_len: ber_len_t(buffer.count), bv_val: buffer.baseAddress?.assumingMemoryBound(to: CChar.self))
            return body(&value)
        }
    }
}
