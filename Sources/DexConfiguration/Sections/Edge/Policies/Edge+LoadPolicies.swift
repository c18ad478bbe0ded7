import Bytes

extension Configuration.Edge {
    /// Reads policies alone: a list like `edge.policies`, a mapping with keys of `edge`, a configuration of which only `edge`
    /// is read, or Istio's manifests.
    ///
    /// - Parameters: as of ``Configuration/load(yaml:file:environment:options:readFile:)``.
    /// - Returns: also what is odd about them.
    /// - Throws: everything that is wrong, at once.
    public static func loadPolicies(
        yaml: String, file: String, environment: [ExactText: String], readFile: @escaping (String) throws -> String
    ) throws(InvalidConfiguration) -> (edge: Configuration.Edge, warnings: [Problem]) {
        let loading = Loading(file: file, environment: environment, options: LoadOptions(), readFile: readFile)
        let edge = read(yaml, file, loading)
        guard let edge, loading.problems.isEmpty else {
            throw InvalidConfiguration(
                problems: Configuration.inOrder(loading.problems), warnings: Configuration.inOrder(loading.warnings))
        }
        return (edge, Configuration.inOrder(loading.warnings))
    }

    private static func read(_ yaml: String, _ file: String, _ loading: Loading) -> Configuration.Edge? {
        let roots: [YAMLValue]
        do throws(YAMLProblem) {
            roots = try YAMLDocument.stream(parsing: yaml).roots
        } catch {
            loading.problem(error.message, hint: error.hint, at: error.position)
            return nil
        }
        guard let first = roots.first.map({ Located(value: $0, path: Path()) }) else {
            loading.problem("the file is empty", at: .start)
            return nil
        }
        var edge = Configuration.Edge()
        if first["apiVersion"] != nil || first["kind"] != nil {
            let policies = PolicyFile(reading: yaml, path: file, hosts: [], namespace: nil, labels: nil, loading)
            edge.policyFiles = policies.map { [$0] } ?? []
            return edge
        }
        guard let document = Configuration.onlyDocument(yaml, loading) else { return nil }
        if case .sequence = document.value.content {
            edge.policies = Schema<[Policy]>.list(of: Policy.schema).read(document, loading) ?? []
            return edge
        }
        if document["issuer"] != nil, let section = document["edge"] { return schema.read(section, loading) }
        return schema.read(document["edge"] ?? document, loading)
    }
}
