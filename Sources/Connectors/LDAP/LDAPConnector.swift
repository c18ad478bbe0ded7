import Bytes
import Directory
public import JOSE
public import OpenIDConnect

/// Dex's `ldap`: finds somebody by what they type, and checks their password by a bind as what was found.
public struct LDAPConnector: PasswordConnector, RefreshConnector {
    let settings: LDAPSettings
    let directory: any DirectoryClient
    let people: LDAPPeople
    let kerberos: LDAPKerberos?
    private let groups: LDAPGroups?
    let clock: any WallClock
    private let random: any RandomSource
    private let log: @Sendable (String) -> Void

    /// - Parameters:
    ///   - kerberos: nil where tickets do not count.
    ///   - log: told in words why a password was not accepted; never a password.
    public init(
        _ settings: LDAPSettings, directory: any DirectoryClient, kerberos: LDAPKerberos? = nil, clock: any WallClock,
        random: any RandomSource, log: @escaping @Sendable (String) -> Void
    ) {
        self.kerberos = kerberos
        self.settings = settings
        self.directory = directory
        self.clock = clock
        self.random = random
        self.log = log
        people = LDAPPeople(settings: settings, directory: directory)
        groups = settings.groupSearch.map { LDAPGroups(settings: $0, directory: directory) }
    }

    public var usernamePrompt: UsernamePrompt {
        settings.usernamePrompt.map { .custom($0) } ?? .username
    }

    public func authenticate(
        username: String, password: String, scopes: [String]
    ) async throws(ConnectorError) -> ConnectorIdentity? {
        guard !username.isEmpty, !password.isEmpty else { return nil }
        let entry = try await people.find(username)
        // A stranger's name gets the same questions asked as a known one: as somebody who cannot exist.
        let dn = entry?.dn ?? nobody
        let result: BindResult
        do { result = try await directory.bind(dn: dn, password: Array(password.utf8)) } catch { throw ConnectorError(error) }
        guard let entry else { return nil }
        if case .rejected(let text) = result {
            log("login as \(username): \(entry.dn): \(text)")
            return nil
        }
        // From here on the password is right. Who may not come in at all has no use for another one.
        if settings.userSearch.checksAccountState, let denial = AccountState(entry).denial(at: clock.now) {
            throw .denied(denial, "\(entry.dn): by its attributes")
        }
        if let denial = try await self.denial(result) { throw .denied(denial.kind, "\(entry.dn): \(denial.text)") }
        return try await identity(of: entry, username: username, scopes: scopes)
    }

    public func refresh(
        _ identity: Identity, connectorData: [UInt8]?, scopes: [String]
    ) async throws(ConnectorError) -> ConnectorIdentity {
        guard let data = connectorData.flatMap(LDAPConnectorData.init(json:)) else {
            throw .refused("nothing is remembered of the login; the person has to log in again")
        }
        guard let entry = try await people.find(data.username) else { throw .gone("no entry for \(data.username)") }
        guard entry.dn.hasSameBytes(as: data.dn) || Self.isSame(entry.dn, data.dn) else {
            throw .gone("\(data.username) was \(data.dn) and is \(entry.dn) now")
        }
        if settings.userSearch.checksAccountState, let denial = AccountState(entry).denial(at: clock.now) {
            throw .gone("\(entry.dn): \(denial.rawValue) by its attributes")
        }
        let found = try await self.identity(of: entry, username: data.username, scopes: scopes)
        // A name may have been given to somebody else since.
        guard found.identity.userID.hasSameBytes(as: identity.userID) else { throw .gone("\(entry.dn) is somebody else now") }
        return found
    }

    func identity(
        of entry: Entry, username: String, scopes: [String]
    ) async throws(ConnectorError) -> ConnectorIdentity {
        var identity = try people.identity(of: entry)
        if scopes.containsExactly("groups"), let groups { identity.groups = try await groups.names(of: entry) }
        let data = scopes.containsExactly("offline_access") ? LDAPConnectorData(username: username, dn: entry.dn).json : nil
        return ConnectorIdentity(identity: identity, connectorData: data, methods: ["pwd"])
    }

    private static func isSame(_ one: String, _ other: String) -> Bool {
        guard let one = DistinguishedName(one), let other = DistinguishedName(other) else { return false }
        return one == other
    }

    /// A name that nobody has: 128 random bits.
    private var nobody: String {
        let name = BinaryIdentifier.hex(random.bytes(16))
        return DistinguishedName("cn", name, under: settings.userSearch.baseDN)?.description ?? "cn=\(name)"
    }
}

extension LDAPConnector {
    /// The same connector, asking through something else.
    func asking(_ directory: any DirectoryClient, log: @escaping @Sendable (String) -> Void) -> LDAPConnector {
        LDAPConnector(settings, directory: directory, clock: clock, random: random, log: log)
    }

    func entry(of username: String) async throws(ConnectorError) -> Entry? { try await people.find(username) }
}

extension LoginDenial {
    init(_ denial: BindDenial) {
        self =
            switch denial {
            case .accountDisabled: .accountDisabled
            case .accountExpired: .accountExpired
            case .passwordExpired: .passwordExpired
            case .outsideLogonHours: .outsideLogonHours
            }
    }
}

extension ConnectorError {
    /// Whatever goes wrong between us and a directory says nothing about the person: nobody is logged out for it.
    init(_ failure: DirectoryFailure) {
        switch failure {
        case .overloaded: self = .overloaded
        case .failed(let error): self = .unavailable(error.description)
        }
    }

    /// For operators.
    var reason: String {
        switch self {
        case .unavailable(let text), .gone(let text), .refused(let text): text
        case .overloaded: "too many wait for the directory"
        case .denied(let denial, let text): "\(denial.rawValue): \(text)"
        }
    }
}
