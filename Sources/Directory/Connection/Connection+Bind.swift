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
        let said = self.policy(result.controls)
        let diagnosis = BindDiagnosis(
            code: result.code, diagnostic: result.text, policyError: said?.error, graceLeft: said?.graceLeft,
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

    /// What a password policy says in its control: an error, and how often somebody may still come in.
    func policy(_ controls: borrowing Controls) -> (error: Int?, graceLeft: Int?)? {
        guard let control = controls.find("1.3.6.1.4.1.42.2.27.8.5.1") else { return nil }
        var expires: ber_int_t = -1
        var grace: ber_int_t = -1
        var error = PP_noError
        guard ldap_parse_passwordpolicy_control(handle, control, &expires, &grace, &error) == LDAP_SUCCESS else { return nil }
        return (error == PP_noError ? nil : Int(error.rawValue), grace < 0 ? nil : Int(grace))
    }
}
