import Bytes

/// One element of a policy's `allow` or `deny`: everything in it must hold, of each list one value.
public struct IdentityRule: Sendable, Hashable {
    public var issuers: [TextPattern] = []
    public var audiences: [TextPattern] = []
    public var groups: [TextPattern] = []
    /// Upper and lower case are the same.
    public var emails: [String] = []
    /// In lower case; `.example.com` stands for all domains below `example.com`.
    public var emailDomains: [String] = []
    public var principals: [RequestPrincipal] = []
    public var claims: [ClaimCondition] = []
    /// Where the client is.
    public var addresses: [AddressBlock] = []

    public init() {}

    /// Whether it asks for anything of who somebody is.
    var isAboutIdentity: Bool {
        !(issuers.isEmpty && audiences.isEmpty && groups.isEmpty && emails.isEmpty && emailDomains.isEmpty && principals.isEmpty
            && claims.isEmpty)
    }

    /// The first condition that does not hold; nil when all do.
    enum Mismatch: Sendable, Hashable {
        case addressUnknown, address, nobody, issuer, audience, group, email, emailDomain, principal
        case claim(Int)
    }

    func mismatch(_ request: EdgeRequest, _ identity: EdgeIdentity?, spaceDelimited: SpaceDelimitedClaims) -> Mismatch? {
        if isAboutIdentity {
            guard let identity else { return .nobody }
            if let mismatch = mismatch(identity, spaceDelimited) { return mismatch }
        }
        return addressMismatch(request)
    }

    /// Last, so that ``Mismatch/addressUnknown`` says that all the rest holds.
    func addressMismatch(_ request: EdgeRequest) -> Mismatch? {
        guard !addresses.isEmpty else { return nil }
        guard let address = EdgeAddress(request.clientAddress) else { return .addressUnknown }
        return addresses.contains(address) ? nil : .address
    }

    private func mismatch(_ identity: EdgeIdentity, _ spaceDelimited: SpaceDelimitedClaims) -> Mismatch? {
        if !issuers.isEmpty, !issuers.matches(identity.issuer) { return .issuer }
        if !audiences.isEmpty, !identity.audiences.contains(where: { audiences.matches($0) }) { return .audience }
        if !groups.isEmpty, !identity.groups.contains(where: { groups.matches($0) }) { return .group }
        if !emails.isEmpty || !emailDomains.isEmpty {
            let email = identity.email.flatMap(EmailAddress.init)
            if !emails.isEmpty, !(email.map { $0.isOne(of: emails) } ?? false) { return .email }
            if !emailDomains.isEmpty, !(email.map { $0.isIn(emailDomains) } ?? false) { return .emailDomain }
        }
        if !principals.isEmpty, !principals.contains(where: { $0.matches(identity) }) { return .principal }
        if !claims.isEmpty {
            let spaceDelimited = spaceDelimited.claims(of: identity.issuer)
            for (number, claim) in claims.enumerated()
            where !claim.holds(in: identity.claims, spaceDelimited: spaceDelimited) {
                return .claim(number)
            }
        }
        return nil
    }

    /// In words, for operators.
    func explain(_ mismatch: Mismatch, _ request: EdgeRequest) -> String {
        func wanted(_ key: String, _ values: [some CustomStringConvertible]) -> String {
            "\(key) must be \(values.count > 1 ? "one of " : "")\(values.map(\.description).joined(separator: ", "))"
        }
        return switch mismatch {
        case .addressUnknown: "addresses: the client's address is not known"
        case .address: wanted("addresses: \(request.clientAddress)", addresses)
        case .nobody: "nobody is known"
        case .issuer: wanted("issuers: the issuer", issuers)
        case .audience: wanted("audiences: an audience", audiences)
        case .group: wanted("groups: a group", groups)
        case .email: wanted("emails: the e-mail address", emails)
        case .emailDomain: wanted("emailDomains: the domain of the e-mail address", emailDomains)
        case .principal: wanted("principals: issuer/subject", principals)
        case .claim(let number): "claims: \(claims[number]) does not hold"
        }
    }
}

/// An e-mail address as rules look at it: upper and lower case are the same, of ASCII's letters only. Other characters that
/// Unicode takes for equal are different people.
package struct EmailAddress {
    private let bytes: [UInt8]
    private let domain: ArraySlice<UInt8>

    /// Nil for what has not exactly one `@` with something on both sides: for `a@example.com@evil.org` programs disagree on
    /// the domain.
    package init?(_ text: String) {
        bytes = Self.folded(text)
        let parts = bytes.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        domain = parts[1]
    }

    package func isOne(of addresses: [String]) -> Bool { addresses.contains { Self.folded($0) == bytes } }

    package func isIn(_ domains: [String]) -> Bool {
        domains.contains { wanted in
            guard wanted.utf8.first == UInt8(ascii: ".") else { return domain.elementsEqual(wanted.utf8) }
            return domain.count > wanted.utf8.count && domain.suffix(wanted.utf8.count).elementsEqual(wanted.utf8)
        }
    }

    private static func folded(_ text: String) -> [UInt8] { text.utf8.map(\.asciiLowercased) }
}

/// Which claims are lists separated by spaces, though they are texts.
public struct SpaceDelimitedClaims: Sendable, Hashable {
    private static let usual: Set<ExactText> = ["scope", "permission"]
    private let byIssuer: [ExactText: Set<ExactText>]

    public init(_ issuers: [TrustedIssuer] = []) {
        byIssuer = Dictionary(
            issuers.map { ($0.issuer.exact, Set($0.spaceDelimitedClaims.map(\.exact))) }, uniquingKeysWith: { $0.union($1) }
        ).filter { $0.value != Self.usual }
    }

    func claims(of issuer: String) -> Set<ExactText> {
        byIssuer.isEmpty ? Self.usual : byIssuer[issuer.exact] ?? Self.usual
    }
}
