import Bytes

/// Who has proven by a ticket who they are.
public struct Ticket: Sendable, Hashable {
    public let client: Principal
    /// What the ticket is for: `HTTP/host@REALM`.
    public let service: Principal
    /// What proves this side to the client; may be empty.
    public let reply: [UInt8]

    public init(client: Principal, service: Principal, reply: [UInt8] = []) {
        self.client = client
        self.service = service
        self.reply = reply
    }
}

/// A name of Kerberos (RFC 4120 §6.2) without characters that would have to be escaped.
public struct Principal: Sendable, Hashable, CustomStringConvertible {
    /// Without the realm: `jane`, `HTTP/host`.
    public let name: String
    public let realm: String

    public init(name: String, realm: String) {
        self.name = name
        self.realm = realm
    }

    /// Nil for names that have escaped characters: what looks like another name after unescaping is nobody's.
    public init?(_ text: String) {
        guard !text.containsByte("\\"), !text.containsByte("\0"), let (name, realm) = text.cutOnce(at: "@") else { return nil }
        guard !name.isEmpty, !realm.isEmpty, !realm.containsByte("@") else { return nil }
        self.init(name: String(name), realm: String(realm))
    }

    /// Names and realms are told apart by their bytes (RFC 4120 §6.1, §6.2).
    public static func == (one: Principal, other: Principal) -> Bool {
        one.name.hasSameBytes(as: other.name) && one.realm.hasSameBytes(as: other.realm)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name.exact)
        hasher.combine(realm.exact)
    }

    public var description: String { "\(name)@\(realm)" }
}
