import CLDAP

/// Something that could not be done with a directory, in words for operators.
public struct DirectoryError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        /// No connection, or it broke.
        case unreachable
        /// The server took longer than the time limit.
        case timedOut
        /// The certificate or the handshake.
        case insecure
        /// The server says that it is busy or closing.
        case busy
        /// Name or password of a bind.
        case invalidCredentials
        /// The server will not let this account in (RFC 4511 codes 19, 50, 53).
        case unwilling
        /// The base of a search is not there.
        case noSuchObject
        /// More entries than were asked for, or than the server gives.
        case sizeLimitExceeded
        /// What was to be sent is not well-formed: a filter, a DN, a file.
        case malformed
        /// Any other result code.
        case other
    }

    public let kind: Kind
    /// RFC 4511 appendix A; below 0 libldap's own.
    public let code: Int
    /// What was being done: "bind as cn=…".
    public let action: String
    /// What the server, or libldap, says about it; may be empty.
    public let diagnostic: String

    public init(_ kind: Kind, code: Int = 0, action: String, diagnostic: String = "") {
        self.kind = kind
        self.code = code
        self.action = action
        self.diagnostic = diagnostic
    }

    init(code: Int32, action: String, diagnostic: String = "") {
        self.init(Self.kind(of: code), code: Int(code), action: action, diagnostic: diagnostic)
    }

    /// Whether another server, or the same one later, may do better.
    public var isTemporary: Bool {
        switch kind {
        case .unreachable, .timedOut, .insecure, .busy: true
        case .invalidCredentials, .unwilling, .noSuchObject, .sizeLimitExceeded, .malformed, .other: false
        }
    }

    public var description: String {
        var text = "\(action): \(reason)"
        if !diagnostic.isEmpty { text += " (\(diagnostic))" }
        return text
    }

    private var reason: String {
        switch kind {
        case .unreachable: "the server cannot be reached"
        case .timedOut: "the server did not answer in time"
        case .insecure: "TLS failed"
        case .malformed: "not well-formed"
        default: String(cString: ldap_err2string(Int32(code))) + " [\(code)]"
        }
    }

    private static func kind(of code: Int32) -> Kind {
        switch code {
        case LDAP_SERVER_DOWN: .unreachable
        case LDAP_TIMEOUT, LDAP_TIMELIMIT_EXCEEDED, LDAP_ADMINLIMIT_EXCEEDED: .timedOut
        case LDAP_CONNECT_ERROR: .insecure
        case LDAP_BUSY, LDAP_UNAVAILABLE: .busy
        case LDAP_INVALID_CREDENTIALS: .invalidCredentials
        case LDAP_CONSTRAINT_VIOLATION, LDAP_INSUFFICIENT_ACCESS, LDAP_UNWILLING_TO_PERFORM: .unwilling
        case LDAP_NO_SUCH_OBJECT: .noSuchObject
        case LDAP_SIZELIMIT_EXCEEDED: .sizeLimitExceeded
        case LDAP_FILTER_ERROR, LDAP_INVALID_DN_SYNTAX, LDAP_PARAM_ERROR: .malformed
        default: .other
        }
    }
}
