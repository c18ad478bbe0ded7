import Bytes

extension Configuration.Edge {
    /// A file with Istio's manifests, and for what it is meant: an element of `edge.policyFiles`.
    public struct PolicyFile: Sendable, Hashable {
        public var path: String
        /// Empty: every host.
        public var hosts: [Policy.Host]
        /// What of the file is meant for the workload that the edge stands for.
        public var manifests: IstioManifests
        /// For which workloads that is; files for the same hosts must agree.
        let workload: Workload

        struct Workload: Sendable, Hashable {
            var namespace: ExactText?
            var scope: IstioScope?

            func difference(from other: Workload) -> String? {
                if let namespace, let another = other.namespace, namespace != another { return "another namespace" }
                if let scope, let another = other.scope, scope != another { return "other workloads" }
                return nil
            }
        }
    }
}

extension Configuration.Edge.PolicyFile {
    /// A path, or a mapping.
    static var schema: Schema<Self> {
        Schema { place, loading in
            if let path = place.string { return read(path, hosts: [], namespace: nil, labels: nil, at: place, loading) }
            return mapping.read(place, loading)
        }
    }

    /// Files for the same hosts must be for the same workload.
    static var list: Schema<[Self]> {
        Schema { place, loading in
            guard let files = Schema<[Self]>.list(of: schema).read(place, loading) else { return nil }
            guard files.count == place.elements.count else { return files }
            for (number, file) in files.enumerated() {
                for (earlier, other) in files[..<number].enumerated() where other.hosts == file.hosts {
                    if let difference = file.workload.difference(from: other.workload) {
                        loading.problem(
                            "this file is for \(difference) than policyFiles[\(earlier)]",
                            hint: "write host with each, or namespace and labels of the workload that the edge protects",
                            at: place.elements[number])
                    }
                }
            }
            return files
        }
    }

    private static var mapping: Schema<Self> {
        .mapping(isStrict: true) { keys in
            keys.refuseEmptyValues()
            let path = keys.required("file", .text)
            let hosts = keys("host", .oneOrMany(of: .policyHost), default: [])
            let namespace = keys("namespace", .text)
            let labels = keys("labels", .dictionary)
            guard let path, let place = keys["file"] else { return nil }
            let every = hosts.contains { $0 == nil }
            return read(
                path, hosts: every ? [] : hosts.compactMap { $0 }, namespace: namespace, labels: labels, at: place, keys.loading)
        }
    }

    private static func read(
        _ path: String, hosts: [Configuration.Edge.Policy.Host], namespace: String?, labels: [ExactText: String]?,
        at place: Located, _ loading: Loading
    ) -> Self? {
        guard let text = loading.contents(ofFile: path, namedAt: place) else { return nil }
        let inner = loading.loading(file: path, options: LoadOptions())
        defer { loading.add(inner) }
        return Self(reading: text, path: path, hosts: hosts, namespace: namespace, labels: labels, inner)
    }

    /// - Parameter loading: for the file itself.
    init?(
        reading text: String, path: String, hosts: [Configuration.Edge.Policy.Host], namespace: String?,
        labels: [ExactText: String]?,
        _ loading: Loading
    ) {
        let stream: (roots: [YAMLValue], duplicates: [DuplicateKey])
        do throws(YAMLProblem) {
            stream = try YAMLDocument.stream(parsing: text)
        } catch {
            loading.problem(error.message, hint: error.hint, at: error.position)
            return nil
        }
        for duplicate in stream.duplicates {
            loading.problem(
                "the key \(quoted(duplicate.key)) is written twice", hint: "it is already in line \(duplicate.first.line)",
                at: duplicate.second)
        }
        let objects = stream.roots.flatMap { IstioObject.read(Located(value: $0, path: Path()), loading) }
        let selection = IstioSelection(namespace: namespace, labels: labels)
        let chosen = selection.choose(objects, loading)
        if chosen.isEmpty, loading.problems.isEmpty {
            loading.problem(
                objects.isEmpty ? "no manifest" : "none of the manifests is for this namespace and these labels", at: .start)
        }
        self.init(
            path: path, hosts: hosts, manifests: IstioManifests(chosen),
            workload: Workload(
                namespace: chosen.lazy.compactMap(\.namespace?.exact).first { $0 != IstioSelection.rootNamespace },
                scope: labels == nil ? chosen.lazy.compactMap(\.scope).first : nil))
    }
}

extension IstioManifests {
    fileprivate init(_ objects: [IstioObject]) {
        for object in objects {
            switch object.content {
            case .authentication(let authentication): authentications.append(authentication)
            case .policy(let policy): policies.append(policy)
            }
        }
    }
}

/// Which of the manifests in a file are meant for the workload that the edge stands for.
///
/// The edge is one workload, and cannot know which. So where manifests are meant for several, it must be told; guessing
/// would allow for one what is allowed for another.
struct IstioSelection {
    let namespace: String?
    let labels: [ExactText: String]?

    /// Policies there are for the whole mesh.
    static let rootNamespace: ExactText = "istio-system"

    func choose(_ objects: [IstioObject], _ loading: Loading) -> [IstioObject] {
        var chosen: [IstioObject] = []
        var first: (namespace: ExactText?, scope: IstioScope?) = (nil, nil)
        for object in objects {
            if let own = object.namespace?.exact, own != Self.rootNamespace {
                if let namespace, own != namespace.exact { continue }
                if let other = first.namespace, other != own {
                    loading.problem(
                        "this is for the namespace \(own), others in the file are for \(other)",
                        hint: "say which one is meant, in edge.policyFiles: {file: …, namespace: \(other)}", at: object.place)
                }
                first.namespace = first.namespace ?? own
            }
            if let scope = object.scope {
                if let labels {
                    guard let isMeant = scope.includes(labels) else {
                        loading.problem(
                            "whether these targetRefs mean the workload cannot be told",
                            hint: "only those of kind Gateway can, by the label gateway.networking.k8s.io/gateway-name",
                            at: object.place)
                        continue
                    }
                    if !isMeant { continue }
                } else if let other = first.scope, other != scope {
                    loading.problem(
                        "this is for other workloads than the manifests before it",
                        hint: "say which one is meant, in edge.policyFiles: {file: …, labels: {app: …}}", at: object.place)
                }
                first.scope = first.scope ?? scope
            }
            chosen.append(object)
        }
        return chosen
    }
}
