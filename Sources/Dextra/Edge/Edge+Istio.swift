import Bytes

public import DexConfiguration
public import Edge

/// Istio's manifests as they are configured become policies that decide, and issuers whose tokens are believed.
extension IstioPolicyList {
    /// - Parameter issuers: all of the edge, for their claims that are separated by spaces.
    init(_ edge: Configuration.Edge, issuers: [TrustedIssuer]) {
        self.init(
            edge.policyFiles.flatMap { file in
                let hosts = file.hosts.map(HostPattern.init)
                return file.manifests.policies.map { IstioPolicy($0, hosts: hosts) }
            },
            native: edge.policies.isEmpty ? nil : PolicyList(edge, issuers: issuers),
            authenticates: edge.policyFiles.contains { !$0.manifests.authentications.isEmpty },
            normalization: EdgePath.Normalization(edge.pathNormalization), spaceDelimited: SpaceDelimitedClaims(issuers),
            headers: IdentityHeaders(edge, observer: SilentObserver()))
    }
}

extension Configuration.Edge {
    /// What decides about requests.
    /// - Parameter issuers: all whose tokens are believed, those of ``istioIssuers`` among them.
    public func policy(issuers: [TrustedIssuer]) -> any ExplainablePolicy {
        policyFiles.isEmpty ? PolicyList(self, issuers: issuers) : IstioPolicyList(self, issuers: issuers)
    }

    /// Whose tokens the RequestAuthentications of `policyFiles` believe.
    public var istioIssuers: [TrustedIssuer] { jwtRules.map(TrustedIssuer.init) }

    /// What the RequestAuthentications of `policyFiles` do with headers.
    public var istioTokenOutputs: [IstioTokenOutput] { jwtRules.map(IstioTokenOutput.init) }

    private var jwtRules: [IstioManifests.JWTRule] { policyFiles.flatMap { $0.manifests.authentications }.flatMap(\.rules) }
}

extension TrustedIssuer {
    init(_ rule: IstioManifests.JWTRule) {
        let keys: Keys =
            switch rule.keys {
            case .discovery: .discovery
            case .url(let url): .url(url)
            case .inline(let text): .inline(text)
            }
        self.init(
            issuer: rule.issuer, keys: keys, audiences: rule.audiences,
            locations: rule.locations.map { location in
                switch location {
                case .header(let name, let prefix): .header(name, prefix: prefix)
                case .query(let name): .query(name)
                case .cookie(let name): .cookie(name)
                }
            })
        spaceDelimitedClaims = rule.spaceDelimitedClaims
    }
}

extension IstioTokenOutput {
    init(_ rule: IstioManifests.JWTRule) {
        self.init(
            issuer: rule.issuer, payloadHeader: rule.payloadHeader,
            claimHeaders: rule.claimHeaders.map { ClaimHeader(header: $0.header, claim: $0.claim) }, keepsToken: rule.keepsToken,
            tokenHeaders: rule.locations.compactMap { location in
                if case .header(let name, _) = location { name } else { nil }
            })
    }
}

extension IstioPolicy {
    init(_ policy: IstioManifests.AuthorizationPolicy, hosts: [HostPattern]) {
        let action: Action =
            switch policy.action {
            case .allow: .allow
            case .deny: .deny
            case .audit: .audit
            case .custom: .custom
            }
        self.init(
            name: policy.name, action: action,
            rules: policy.rules.map { rule in
                Rule(
                    sources: rule.sources.map { $0.map(IstioTest.init) },
                    operations: rule.operations.map { $0.map(IstioTest.init) }, conditions: rule.conditions.map(IstioTest.init))
            }, isDryRun: policy.isDryRun, hosts: hosts)
    }
}

extension IstioTest {
    init(_ match: IstioManifests.Match) {
        self.init(match.label, Subject(match.subject), isNegated: match.isNegated)
    }
}

extension IstioTest.Subject {
    fileprivate init(_ subject: IstioManifests.Subject) {
        func patterns(_ texts: [String]) -> [TextPattern] { texts.map(TextPattern.init) }
        func claim(_ path: [String], _ texts: [String]) -> Self {
            .claim(ClaimCondition(path, texts.map { .text(TextPattern($0)) }))
        }
        self =
            switch subject {
            case .principals(let texts): .peers(texts.map { .principal(TextPattern($0)) })
            case .namespaces(let texts): .peers(texts.map { .namespace($0) })
            case .serviceAccounts(let texts):
                .peers(
                    texts.map { text in
                        let parts = text.cutOnce(at: "/") ?? (text[...], text[...])
                        return .serviceAccount(namespace: String(parts.before), name: String(parts.after))
                    })
            case .trustDomains(let texts): .peers(texts.map { .trustDomain($0) })
            case .requestPrincipals(let texts): .requestPrincipals(texts.map(RequestPrincipal.init))
            case .audiences(let texts): .audiences(patterns(texts))
            case .presenters(let texts): claim(["azp"], texts)
            case .claim(let path, let texts): claim(path, texts)
            case .peerAddresses(let ranges): .addresses(.peer, ranges.map(AddressBlock.init))
            case .clientAddresses(let ranges): .addresses(.client, ranges.map(AddressBlock.init))
            case .destinationAddresses(let ranges): .addresses(.destination, ranges.map(AddressBlock.init))
            case .hosts(let texts): .hosts(patterns(texts))
            case .methods(let texts): .methods(patterns(texts))
            case .paths(let paths):
                .paths(
                    paths.map { path in
                        switch path {
                        case .text(let text): .text(TextPattern(text))
                        case .template(let path, let text): .template(PathPattern(path), text)
                        }
                    })
            case .ports(let ports): .ports(ports)
            case .header(let name, let texts): .header(name, patterns(texts))
            case .serverNames(let texts): .serverName(patterns(texts))
            }
    }
}
