/// A password connector that can give somebody a new password in place of one that has expired: it denies the login with
/// ``LoginDenial/mustChangePassword``, and the person is asked for another password.
public protocol PasswordChangeConnector: PasswordConnector {
    /// Checks the old password as a login would, and changes it.
    func changePassword(username: String, from old: String, to new: String) async throws(ConnectorError) -> PasswordChange
}

/// What became of a change.
public enum PasswordChange: Sendable, Hashable {
    case changed
    case wrongPassword
    /// What the person is told, and what the operator is.
    case refused(PasswordRefusal, String)
}

/// What is wrong with a new password.
public enum PasswordRefusal: String, Sendable, Hashable, CaseIterable {
    case tooShort, tooSimple, usedBefore
    /// The last change was a short while ago.
    case tooSoon
    /// Nobody may change it here.
    case notAllowed
    /// It does not follow the rules, whatever they are.
    case other
}
