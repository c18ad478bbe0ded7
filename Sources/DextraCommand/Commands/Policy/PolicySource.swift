import DexConfiguration
import Dextra
import Edge
import FoundationEssentials
import OpenIDConnect

/// What requests are judged by.
struct LoadedPolicies {
    let policy: any ExplainablePolicy
    /// Whose tokens are believed; empty: anybody's, as far as ``tokens`` does not know better.
    let issuers: [TrustedIssuer]
    /// Who else may be known, without a token: by a session, or by a certificate.
    let others: [TrustedIssuer]
    /// Looks at tokens; nil without a configuration: they are believed.
    let tokens: OfflineTokens?
}

/// Where policies are read from.
struct PolicySource {
    let files: [String]
    let config: String?
    let normalization: String?

    func load() async throws(Failure) -> LoadedPolicies {
        let configuration = try config.map { path throws(Failure) in try Self.configuration(path) }
        var edge = configuration?.edge ?? Configuration.Edge()
        for path in files { edge.add(try Self.edge(ofFile: path)) }
        if let normalization {
            guard let chosen = Configuration.Edge.PathNormalization(rawValue: normalization) else {
                let words = Configuration.Edge.PathNormalization.allCases.map(\.rawValue).joined(separator: ", ")
                throw Failure("\(Printable.line(normalization)) is no normalization; it is one of \(words)")
            }
            edge.pathNormalization = chosen
        }
        let issuers = edge.trustedIssuers(ours: configuration?.issuer.text ?? "")
        var tokens: OfflineTokens?
        if let configuration, let config {
            let own = issuers.contains { $0.keys == .ours } ? await Self.ownKeys(configuration, config) : .failure(StartError(""))
            do throws(StartError) { tokens = try OfflineTokens(issuers: issuers, own: own) } catch {
                throw Failure("\(config): \(error)")
            }
        }
        return LoadedPolicies(
            policy: edge.policy(issuers: issuers), issuers: issuers, others: configuration.map(Self.others) ?? [], tokens: tokens)
    }

    private static func configuration(_ path: String) throws(Failure) -> Configuration {
        let configuration: Configuration
        do { configuration = try ConfigurationFile(path: path, options: LoadOptions()).load() } catch {
            throw error as? Failure ?? Failure("\(error)")
        }
        guard configuration.edge != nil else { throw Failure("\(path) has no edge") }
        return configuration
    }

    /// What the database of a configuration has to check this provider's own tokens with.
    private static func ownKeys(_ configuration: Configuration, _ path: String) async -> Result<OfflineTokens.Own, StartError> {
        let target = StoreTarget.configuration(configuration, path: path)
        do {
            let (keys, revoked) = try await target.open(missing: .refuse) { store in
                (try await store.signingKeys(), try await store.revocations(after: 0))
            }
            return .success(try OfflineTokens.Own(keys, revoked, tokenLifetime: target.tokenLifetime))
        } catch let error as StartError {
            return .failure(error)
        } catch {
            return .failure(StartError((error as? Failure)?.description ?? "\(error)"))
        }
    }

    private static func others(_ configuration: Configuration) -> [TrustedIssuer] {
        var others: [TrustedIssuer] = []
        if let login = configuration.edge?.login {
            var session = TrustedIssuer(issuer: login.issuer ?? configuration.issuer.text, keys: .ours)
            session.emailClaim = login.emailClaim
            session.groupsClaim = login.groupsClaim
            session.preferredUsernameClaim = login.preferredUsernameClaim
            session.takesUnverifiedEmail = login.allowUnverifiedEmail
            others.append(session)
        }
        if let certificates = configuration.edge?.certificates {
            var holder = TrustedIssuer(issuer: certificates.issuer, keys: .ours)
            holder.takesUnverifiedEmail = true
            others.append(holder)
        }
        return others
    }

    private static func edge(ofFile path: String) throws(Failure) -> Configuration.Edge {
        let yaml = try ConfigurationFile(path: path, options: LoadOptions()).text()
        do throws(InvalidConfiguration) {
            let (edge, warnings) = try Configuration.Edge.loadPolicies(
                yaml: yaml, file: path, environment: ProcessInfo.exactEnvironment, readFile: ConfigurationFile.read)
            for warning in warnings { StandardError.write("warning: \(warning.description)\n") }
            return edge
        } catch {
            throw Failure(error.description)
        }
    }
}

extension Configuration.Edge {
    fileprivate mutating func add(_ other: Configuration.Edge) {
        policies += other.policies
        policyFiles += other.policyFiles
        if other.pathNormalization != Configuration.Edge().pathNormalization { pathNormalization = other.pathNormalization }
    }
}
