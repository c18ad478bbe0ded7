import Directory
public import OpenIDConnect

extension LDAPConnector: PasswordChangeConnector {
    public func changePassword(
        username: String, from old: String, to new: String
    ) async throws(ConnectorError) -> PasswordChange {
        guard !username.isEmpty, !old.isEmpty, let entry = try await people.find(username) else { return .wrongPassword }
        do throws(DirectoryFailure) {
            guard let method = try await directory.passwordChangeMethod() else {
                return .refused(.notAllowed, "the server announces no way to change passwords")
            }
            let exchange = PasswordExchange(
                dn: entry.dn, old: Array(old.utf8), new: Array(new.utf8), method: method, asService: mayAskAsService(method))
            switch try await directory.changePassword(exchange) {
            case .changed: return .changed
            case .wrongPassword: return .wrongPassword
            case .refused(let objection, let text): return .refused(PasswordRefusal(objection), text)
            }
        } catch { throw ConnectorError(error) }
    }

    /// Why somebody with the right password may not come in as they are; nil if they may.
    func denial(_ result: BindResult) async throws(ConnectorError) -> (kind: LoginDenial, text: String)? {
        switch result {
        case .accepted, .rejected: return nil
        case .acceptedByGrace(let left):
            // The change needs to come in once more.
            guard try await offersChange(canBind: left > 0) else { return nil }
            return (.mustChangePassword, "the password has expired; the server would accept it \(left) more times")
        case .mustChangePassword(let text):
            return (try await offersChange(canBind: true) ? .mustChangePassword : .passwordExpired, text)
        case .denied(.passwordExpired, let text):
            return (try await offersChange(canBind: false) ? .mustChangePassword : .passwordExpired, text)
        case .denied(let denial, let text): return (LoginDenial(denial), text)
        }
    }

    private func offersChange(canBind: Bool) async throws(ConnectorError) -> Bool {
        guard settings.passwordChange != .never else { return false }
        do {
            guard let method = try await directory.passwordChangeMethod() else { return false }
            return canBind || mayAskAsService(method)
        } catch { throw ConnectorError(error) }
    }

    /// Active Directory lets everybody exchange an old password for a new one, and lets nobody in with an expired one. With others
    /// the service account would need the right to set passwords.
    private func mayAskAsService(_ method: PasswordChangeMethod) -> Bool {
        method == .activeDirectory || settings.passwordChange == .service
    }
}

extension PasswordRefusal {
    fileprivate init(_ objection: PasswordObjection) {
        self =
            switch objection {
            case .tooShort: .tooShort
            case .tooSimple: .tooSimple
            case .usedBefore: .usedBefore
            case .tooSoon: .tooSoon
            case .notAllowed: .notAllowed
            case .other: .other
            }
    }
}
