/// What a server says about a name and a password.
public enum BindResult: Sendable, Hashable {
    case accepted
    /// The password is right and must be changed before anything else.
    case mustChangePassword(String)
    /// The password is right and its owner may not come in.
    case denied(BindDenial, String)
    /// Anything else: what the server said is for operators, as it may be about a stranger's guess.
    case rejected(String)
}

/// Why somebody with the right password may not come in.
public enum BindDenial: Sendable, Hashable, CaseIterable {
    case accountDisabled, accountExpired, passwordExpired, outsideLogonHours
}
