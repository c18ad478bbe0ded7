import Bytes

/// One condition of an AuthorizationPolicy's rule: one of its values fits, or with `not` none of them.
public struct IstioTest: Sendable, Hashable {
    public enum Subject: Sendable, Hashable {
        /// `principals`, `namespaces`, `serviceAccounts`, `trustDomains`: what mutual TLS proved.
        case peers([IstioPeer])
        case requestPrincipals([RequestPrincipal])
        case audiences([TextPattern])
        case claim(ClaimCondition)
        case addresses(Address, [AddressBlock])
        /// In lower case.
        case hosts([TextPattern])
        case methods([TextPattern])
        case paths([IstioPath])
        case ports([Int])
        /// Its name in lower case, or one of `:authority`, `:method`, `:path`, `:scheme`.
        case header(String, [TextPattern])
        /// A header about which the edge has the last word, as ``IdentityHeaders/decides(name:)`` says: what the backend gets.
        case passedHeader(String, [TextPattern])
        case serverName([TextPattern])
    }

    public enum Address: Sendable, Hashable {
        /// Of the connection: `ipBlocks`, `source.ip`.
        case peer
        /// Of the client behind proxies: `remoteIpBlocks`, `remote.ip`.
        case client
        case destination
    }

    /// Where it stands in the rule, for operators: `from[0].source.notRequestPrincipals`.
    public var label: String
    public var subject: Subject
    public var isNegated: Bool

    public init(_ label: String, _ subject: Subject, isNegated: Bool = false) {
        self.label = label
        self.subject = subject
        self.isNegated = isNegated
    }

    /// Whether a condition holds. What nobody told the edge is unknown, and then rules that deny apply, and rules that
    /// allow do not.
    enum Fit: Sendable, Hashable {
        case yes, no, unknown
    }

    /// Whether it could be otherwise for somebody else.
    var isAboutIdentity: Bool {
        switch subject {
        case .requestPrincipals, .audiences, .claim, .passedHeader: true
        case .peers, .addresses, .hosts, .methods, .paths, .ports, .header, .serverName: false
        }
    }

    func fit(_ judged: IstioJudged) -> Fit {
        switch (value(judged), isNegated) {
        case (.unknown, _): .unknown
        case (.yes, false), (.no, true): .yes
        case (.no, false), (.yes, true): .no
        }
    }

    private func value(_ judged: IstioJudged) -> Fit {
        func fit(_ holds: Bool) -> Fit { holds ? .yes : .no }
        let request = judged.request
        switch subject {
        case .peers(let peers):
            return fit(request.peerPrincipal.map { peer in peers.contains { $0.matches(peer) } } ?? false)
        case .requestPrincipals(let principals):
            return fit(judged.identity.map { identity in principals.contains { $0.matches(identity) } } ?? false)
        case .audiences(let patterns):
            return fit(judged.identity.map { $0.audiences.contains { patterns.matches($0) } } ?? false)
        case .claim(let claim):
            guard let identity = judged.identity else { return .no }
            return fit(claim.holds(in: identity.claims, spaceDelimited: judged.spaceDelimited.claims(of: identity.issuer)))
        case .addresses(let which, let blocks):
            let text =
                switch which {
                case .peer: request.peerAddress
                case .client: request.clientAddress
                case .destination: request.destinationAddress
                }
            return EdgeAddress(text).map { fit(blocks.contains($0)) } ?? .unknown
        case .hosts(let patterns): return fit(patterns.matches(judged.host))
        case .methods(let patterns): return fit(patterns.matches(request.method))
        case .paths(let paths): return fit(paths.contains { $0.matches(judged.path) })
        case .ports(let ports): return request.destinationPort.map { fit(ports.contains($0)) } ?? .unknown
        case .serverName(let patterns): return request.serverName.map { fit(patterns.matches($0)) } ?? .unknown
        case .header(let name, let patterns):
            // Of several fields with the name each is looked at, as Envoy does it.
            let values =
                switch name {
                case ":authority", "host": [judged.host]
                case ":method": [request.method]
                case ":scheme": [request.scheme]
                case ":path": [request.query.isEmpty ? judged.path : judged.path + "?" + request.query]
                default: request.headers.all(name)
                }
            return fit(Self.holds(values, patterns))
        case .passedHeader(let name, let patterns):
            // A statement that is signed later has no value yet. To somebody it may be anything.
            if judged.identity != nil, judged.isSignedLater(name) { return .unknown }
            return fit(Self.holds(judged.passedHeaders.all(name), patterns))
        }
    }

    /// To be there is enough for `*`, also without a value.
    private static func holds(_ values: [String], _ patterns: [TextPattern]) -> Bool {
        values.contains { value in
            patterns.contains { pattern in if case .present = pattern { true } else { pattern.matches(value) } }
        }
    }

    /// In words, why it does not hold.
    func explain(_ judged: IstioJudged) -> String {
        func list(_ values: [some CustomStringConvertible]) -> String { values.map(\.description).joined(separator: ", ") }
        let request = judged.request
        let nobody = "nobody is known by a token"
        let (found, wanted): (String?, String) =
            switch subject {
            case .peers(let peers): (request.peerPrincipal ?? "no mutual TLS", list(peers))
            case .requestPrincipals(let principals): (judged.identity?.principal ?? nobody, list(principals))
            case .audiences(let patterns):
                (judged.identity.map { $0.audiences.joined(separator: ", ") } ?? nobody, list(patterns))
            case .claim(let claim): (judged.identity == nil ? nobody : "the token's claims", "\(claim)")
            case .addresses(.peer, let blocks): (request.peerAddress, list(blocks))
            case .addresses(.client, let blocks): (request.clientAddress, list(blocks))
            case .addresses(.destination, let blocks): (request.destinationAddress, list(blocks))
            case .hosts(let patterns): (judged.host, list(patterns))
            case .methods(let patterns): (request.method, list(patterns))
            case .paths(let paths): (judged.path, list(paths))
            case .ports(let ports): (request.destinationPort.map(String.init), list(ports))
            case .serverName(let patterns): (request.serverName, list(patterns))
            case .header(let name, let patterns): (request.headers.joined(name) ?? "no such header", list(patterns))
            case .passedHeader(let name, let patterns):
                (
                    judged.identity != nil && judged.isSignedLater(name)
                        ? nil : judged.passedHeaders.joined(name) ?? "no such header is passed on", list(patterns)
                )
            }
        let shown = found.flatMap { $0.isEmpty ? nil : $0 } ?? "unknown here"
        return "\(label): \(shown); wanted: \(isNegated ? "none of " : "")\(wanted)"
    }
}

/// A request in the form that an AuthorizationPolicy's conditions look at.
struct IstioJudged {
    let request: EdgeRequest
    /// Nil for somebody unknown, and for preflights, where Istio looks at no token.
    let identity: EdgeIdentity?
    /// In lower case, with the port where one is written.
    let host: String
    /// Normalized.
    let path: String
    let spaceDelimited: SpaceDelimitedClaims
    /// What the backend gets of headers about which the edge has the last word; empty if no policy looks at one.
    let passedHeaders: EdgeHeaders
    /// The header whose value is made after the decision.
    let assertionHeader: FoldedName?

    func isSignedLater(_ name: String) -> Bool { assertionHeader?.matches(name) ?? false }
}

extension IstioTest {
    /// With the edge's word on a header in place of the client's, where the edge has one.
    func heeding(_ headers: IdentityHeaders) -> IstioTest {
        guard case .header(let name, let patterns) = subject, headers.decides(name: name) else { return self }
        return IstioTest(label, .passedHeader(name, patterns), isNegated: isNegated)
    }
}
