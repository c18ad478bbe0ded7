import Bytes
import DexConfiguration
import Edge

/// Policies as they are configured become policies that decide.
extension PolicyList {
    init(_ edge: Configuration.Edge, issuers: [TrustedIssuer]) {
        self.init(
            edge.policies.map(NativePolicy.init), normalization: EdgePath.Normalization(edge.pathNormalization),
            spaceDelimited: SpaceDelimitedClaims(issuers))
    }
}

extension EdgePath.Normalization {
    init(_ normalization: Configuration.Edge.PathNormalization) {
        self =
            switch normalization {
            case .none: .none
            case .base: .base
            case .mergeSlashes: .mergeSlashes
            case .decodeAndMergeSlashes: .decodeAndMergeSlashes
            }
    }
}

extension NativePolicy {
    init(_ policy: Configuration.Edge.Policy) {
        self.init()
        name = policy.name
        hosts = policy.hosts.map(HostPattern.init)
        paths = policy.paths.map(PathPattern.init)
        methods = policy.methods
        selector = policy.selector
        anonymous =
            switch policy.anonymous {
            case .nobody: .nobody
            case .everybody: .everybody
            case .at(let ranges): .at(ranges.map(AddressBlock.init))
            }
        deny = Rules(policy.deny)
        allow = Rules(policy.allow)
        backendAudience = policy.backendAudience
    }
}

extension NativePolicy.Rules {
    fileprivate init(_ rules: Configuration.Edge.Policy.Rules) {
        self =
            switch rules {
            case .all: .all
            case .any(let rules): .any(rules.map(IdentityRule.init))
            }
    }
}

extension IdentityRule {
    fileprivate init(_ rule: Configuration.Edge.Policy.Rule) {
        self.init()
        issuers = rule.issuers.map(TextPattern.init)
        audiences = rule.audiences.map(TextPattern.init)
        groups = rule.groups.map(TextPattern.init)
        emails = rule.emails
        emailDomains = rule.emailDomains
        principals = rule.principals.map(RequestPrincipal.init)
        claims = rule.claims.map { claim in
            ClaimCondition(
                claim.path,
                claim.values.map { value in
                    switch value {
                    case .text(let text): .text(TextPattern(text))
                    case .integer(let number): .integer(number)
                    case .bool(let value): .bool(value)
                    }
                })
        }
        addresses = rule.addresses.map(AddressBlock.init)
    }
}

extension HostPattern {
    init(_ host: Configuration.Edge.Policy.Host) {
        self =
            switch host {
            case .name(let name): .name(name.text)
            case .nameAndPort(let host): .nameAndPort(host.text)
            case .below(let domain): .below(domain.text)
            }
    }
}

extension PathPattern {
    init(_ path: Configuration.Edge.Policy.Path) {
        self.init(
            path.parts.map { part in
                switch part {
                case .text(let text): .text(Array(text.utf8))
                case .segment: .segment
                case .anything: .anything
                }
            })
    }
}

extension AddressBlock {
    init(_ range: AddressRange) { self.init(network: range.network, prefixLength: range.prefixLength) }
}
