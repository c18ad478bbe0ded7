public import Directory

/// What a connector asks of a directory. Calls wait for a thread of the directory's own.
public protocol DirectoryClient: Sendable {
    /// As the service account.
    func search(_ request: SearchRequest) async throws(DirectoryFailure) -> [Entry]
    /// Checks somebody's password, on a connection that is used for nothing else.
    func bind(dn: String, password: [UInt8]) async throws(DirectoryFailure) -> BindResult
    /// As the person, who proves the old password.
    /// - Returns: nil when it is done, else what the directory has against it.
    func changePassword(of dn: String, from old: [UInt8], to new: [UInt8]) async throws(DirectoryFailure) -> String?
}

public enum DirectoryFailure: Error, Sendable, Hashable {
    /// Too many wait already, or waiting took too long.
    case overloaded
    case failed(DirectoryError)
}
