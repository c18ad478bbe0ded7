import DexConfiguration
import OpenIDConnect

extension IdentityMapping {
    init(_ rules: [Configuration.Connector.ClaimRule]) {
        self.init(rules.map { Rule(Claim($0.claim), Change($0.change)) })
    }
}

extension IdentityMapping.Claim {
    fileprivate init(_ claim: Configuration.Connector.ClaimRule.Claim) {
        self =
            switch claim {
            case .name: .name
            case .preferredUsername: .preferredUsername
            case .email: .email
            case .emailVerified: .emailVerified
            case .groups: .groups
            }
    }
}

extension IdentityMapping.Change {
    fileprivate init(_ change: Configuration.Connector.ClaimRule.Change) {
        self =
            switch change {
            case .value(let values): .constant(values)
            case .from(let claim): .copy(IdentityMapping.Claim(claim))
            case .join(let claims, let separator): .join(claims.map { IdentityMapping.Claim($0) }, separator: separator)
            case .match(let pattern, let template): .rewrite(TextPattern(pattern), to: template)
            case .prefix(let text): .prefix(text)
            case .suffix(let text): .suffix(text)
            case .lowercase: .lowercase
            case .keep(let patterns): .keep(patterns.map(TextPattern.init))
            case .drop(let patterns): .drop(patterns.map(TextPattern.init))
            case .add(let values): .add(values)
            }
    }
}
