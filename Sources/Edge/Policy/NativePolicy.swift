import Bytes

/// One element of `edge.policies`: where it applies, and who may.
public struct NativePolicy: Sendable, Hashable {
    public enum Anonymous: Sendable, Hashable {
        /// Who asks must be known.
        case nobody
        case everybody
        /// Everybody at these addresses.
        case at([AddressBlock])
    }

    public enum Rules: Sendable, Hashable {
        /// In `allow`: everybody who is known. In `deny`: everybody.
        case all
        /// Any of these; none: nobody.
        case any([IdentityRule])
    }

    /// For operators.
    public var name: String?
    /// Empty: every host.
    public var hosts: [HostPattern] = []
    /// Empty: every path.
    public var paths: [PathPattern] = []
    /// Empty: every method.
    public var methods: [String] = []
    /// Nil: for requests with any selector and without one.
    public var selector: String?
    public var anonymous = Anonymous.nobody
    public var deny = Rules.any([])
    public var allow = Rules.any([])
    public var backendAudience: String?

    public init() {}
}

extension NativePolicy {
    /// What keeps it from applying.
    enum PlaceMismatch: Sendable, Hashable {
        case host, path, method, selector
    }

    func placeMismatch(_ request: EdgeRequest, _ place: JudgedPlace) -> PlaceMismatch? {
        if !hosts.isEmpty, !hosts.contains(where: { $0.matches(place) }) { return .host }
        if !paths.isEmpty, !paths.contains(where: { $0.matches(place.path) }) { return .path }
        return otherMismatch(request)
    }

    /// As above, for a request whose host and path fit.
    func otherMismatch(_ request: EdgeRequest) -> PlaceMismatch? {
        if !methods.isEmpty, !methods.containsExactly(request.method) { return .method }
        if let selector, request.policySelector?.hasSameBytes(as: selector) != true { return .selector }
        return nil
    }

    /// Which part of the policy decides.
    enum Verdict: Sendable, Hashable {
        case deniedToAll
        case denied(rule: Int)
        case anonymous
        case allowedToKnown
        case allowed(rule: Int)
        /// Nobody is known, and there are rules that let some in.
        case unknown
        case notAllowed
    }

    func verdict(_ request: EdgeRequest, _ identity: EdgeIdentity?, spaceDelimited: SpaceDelimitedClaims) -> Verdict {
        switch deny {
        case .all: return .deniedToAll
        case .any(let rules):
            for (number, rule) in rules.enumerated() {
                // Who could be at a denied address is denied: an address that nobody tells opens nothing.
                let mismatch = rule.mismatch(request, identity, spaceDelimited: spaceDelimited)
                if mismatch == nil || mismatch == .addressUnknown { return .denied(rule: number) }
            }
        }
        switch anonymous {
        case .nobody: break
        case .everybody: return .anonymous
        case .at(let blocks):
            if let address = EdgeAddress(request.clientAddress), blocks.contains(address) { return .anonymous }
        }
        switch allow {
        case .all: return identity == nil ? .unknown : .allowedToKnown
        case .any(let rules):
            guard !rules.isEmpty else { return .notAllowed }
            // A rule that asks for an address alone still asks who it is: only `anonymous` opens a path.
            guard identity != nil else {
                return rules.contains { $0.addressMismatch(request) == nil } ? .unknown : .notAllowed
            }
            for (number, rule) in rules.enumerated()
            where rule.mismatch(request, identity, spaceDelimited: spaceDelimited) == nil {
                return .allowed(rule: number)
            }
            return .notAllowed
        }
    }
}
