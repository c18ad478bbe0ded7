public import Directory

/// What a connector asks of a directory. Calls wait for a thread of the directory's own.
public protocol DirectoryClient: Sendable {
    /// As the service account.
    func search(_ request: SearchRequest) async throws(DirectoryFailure) -> [Entry]
    /// Checks somebody's password, on a connection that is used for nothing else.
    func bind(dn: String, password: [UInt8]) async throws(DirectoryFailure) -> BindResult
    /// How passwords can be changed; nil if the server announces no way that is known here.
    func passwordChangeMethod() async throws(DirectoryFailure) -> PasswordChangeMethod?
    /// As the person, who proves the old password; or as the service account, where ``PasswordExchange/asService`` allows it and
    /// the server no longer lets the person in. The old password is proven then, too.
    func changePassword(_ exchange: PasswordExchange) async throws(DirectoryFailure) -> PasswordChangeResult
}

/// An old password against a new one.
public struct PasswordExchange: Sendable {
    public let dn: String
    public let old: [UInt8]
    public let new: [UInt8]
    public let method: PasswordChangeMethod
    public let asService: Bool

    public init(dn: String, old: [UInt8], new: [UInt8], method: PasswordChangeMethod, asService: Bool) {
        self.dn = dn
        self.old = old
        self.new = new
        self.method = method
        self.asService = asService
    }
}

public enum DirectoryFailure: Error, Sendable, Hashable {
    /// Too many wait already, or waiting took too long.
    case overloaded
    case failed(DirectoryError)
}
