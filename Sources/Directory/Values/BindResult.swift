/// What a server says about a name and a password.
public enum BindResult: Sendable, Hashable {
    case accepted
    /// The password has expired, and the server has let this person in once more; so many more times it will.
    case acceptedByGrace(left: Int)
    /// The password is right, and the connection is good for nothing but changing it.
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
