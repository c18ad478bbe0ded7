import DexConfiguration
import Dextra
import Edge
import FoundationEssentials

/// What requests are judged by.
struct LoadedPolicies {
    let policy: any ExplainablePolicy
    let issuers: [TrustedIssuer]
}

/// Where policies are read from.
struct PolicySource {
    let files: [String]
    let config: String?
    let normalization: String?

    func load() throws(Failure) -> LoadedPolicies {
        var edge = try config.map { path throws(Failure) in try Self.edge(ofConfiguration: path) } ?? Configuration.Edge()
        for path in files { edge.add(try Self.edge(ofFile: path)) }
        if let normalization {
            guard let chosen = Configuration.Edge.PathNormalization(rawValue: normalization) else {
                let words = Configuration.Edge.PathNormalization.allCases.map(\.rawValue).joined(separator: ", ")
                throw Failure("\(Printable.line(normalization)) is no normalization; it is one of \(words)")
            }
            edge.pathNormalization = chosen
        }
        let issuers = edge.istioIssuers
        return LoadedPolicies(policy: edge.policy(issuers: issuers), issuers: issuers)
    }

    private static func edge(ofConfiguration path: String) throws(Failure) -> Configuration.Edge {
        let configuration: Configuration
        do { configuration = try ConfigurationFile(path: path, options: LoadOptions()).load() } catch {
            throw error as? Failure ?? Failure("\(error)")
        }
        guard let edge = configuration.edge else { throw Failure("\(path) has no edge") }
        return edge
    }

    private static func edge(ofFile path: String) throws(Failure) -> Configuration.Edge {
        let yaml = try ConfigurationFile(path: path, options: LoadOptions()).text()
        do throws(InvalidConfiguration) {
            let (edge, warnings) = try Configuration.Edge.loadPolicies(
                yaml: yaml, file: path, environment: ProcessInfo.processInfo.environment, readFile: ConfigurationFile.read)
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
